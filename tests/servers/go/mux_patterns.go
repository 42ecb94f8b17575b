//go:build go1.22

package main

import "net/http"

// routed uses the patterns of Go 1.22: the mux itself answers 405 with Allow.
func routed() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		handle := entered(r)
		path := "/v1" + r.path
		if path[len(path)-1] == '/' {
			path += "{$}"
		}
		mux.HandleFunc(r.method+" "+path, func(w http.ResponseWriter, q *http.Request) {
			key := q.PathValue("bookId") + q.PathValue("slug") + q.PathValue("orderId")
			handle(w, q, key)
		})
	}
	return mux
}
