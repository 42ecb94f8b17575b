//go:build !go1.22

package main

import (
	"net/http"
	"strings"
)

// routed is how services were written before Go 1.22: a switch over the method, 405 with Allow by hand.
func routed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/v1/orders" {
			http.Redirect(w, q, "/v1/orders/", http.StatusMovedPermanently)
			return
		}
		allowed := []string{}
		for _, r := range routes {
			key, ok := match("/v1"+r.path, q.URL.Path)
			if ok && (r.method == q.Method || r.method == "GET" && q.Method == "HEAD") {
				entered(r)(w, q, key)
				return
			}
			if ok {
				allowed = append(allowed, r.method)
			}
		}
		if len(allowed) == 0 {
			http.NotFound(w, q)
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	})
}

func match(pattern, path string) (string, bool) {
	head, _, parameter := strings.Cut(pattern, "{")
	if !parameter {
		return "", pattern == path
	}
	key := strings.TrimPrefix(path, head)
	return key, strings.HasPrefix(path, head) && key != "" && !strings.Contains(key, "/")
}
