//go:build go1.22

package main

import (
	"net/http"

	"auditor/testserver/deploy"
)

// routed uses the patterns of Go 1.22: the mux itself answers 405 with Allow. It does not tell its patterns.
func routed(api deploy.API) (http.Handler, []deploy.Route) {
	mux := http.NewServeMux()
	for _, r := range api.Routes {
		handle := r.Entered()
		pattern := api.Base + r.Path
		if pattern[len(pattern)-1] == '/' {
			pattern += "{$}"
		}
		if r.Method != deploy.Any {
			pattern = r.Method + " " + pattern
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, q *http.Request) { handle(w, q, q.PathValue) })
	}
	return mux, api.Routes
}
