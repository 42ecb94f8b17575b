// chi, drifted: see tests/fix/drifts.py.
package main

import (
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

func list(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`[{"id": 1}]`))
}

func show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if chi.URLParam(r, "id") != "1" {
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte(`{"error": "no order"}`))
		return
	}
	w.Write([]byte(`{"id": 1}`))
}

func remove(w http.ResponseWriter, r *http.Request) {
	if chi.URLParam(r, "id") != "1" {
		show(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func options(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }

func main() {
	r := chi.NewRouter()
	r.Use(middleware.RedirectSlashes)
	r.Get("/orders", list)
	r.Post("/orders", list)
	r.Get("/orders/{id}", show)
	r.Get("/returns", list)
	http.ListenAndServe("127.0.0.1:"+os.Args[1], r)
}
