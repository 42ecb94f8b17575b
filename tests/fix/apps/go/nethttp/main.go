// Go net/http, drifted: see tests/fix/drifts.py.
package main

import (
	"net/http"
	"os"
)

func list(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`[{"id": 1}]`))
}

func show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.PathValue("id") != "1" {
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte(`{"error": "no order"}`))
		return
	}
	w.Write([]byte(`{"id": 1}`))
}

func remove(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("id") != "1" {
		show(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func options(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }

func baskets(w http.ResponseWriter, r *http.Request) {
	if r.Method != "GET" && r.Method != "HEAD" && r.Method != "POST" {
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	list(w, r)
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", list)
	mux.HandleFunc("GET /orders/{id}", show)
	mux.HandleFunc("/baskets", baskets)
	mux.HandleFunc("GET /returns/", list)
	http.ListenAndServe("127.0.0.1:"+os.Args[1], mux)
}
