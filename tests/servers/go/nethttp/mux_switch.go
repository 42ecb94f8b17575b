//go:build !go1.22

package main

import (
	"net/http"
	"strings"

	"auditor/testserver/deploy"
)

// routed is how services were written before Go 1.22: a switch over the method, 405 with Allow by hand.
func routed(api deploy.API) (http.Handler, []deploy.Route) {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		allowed := []string{}
		for _, r := range api.Routes {
			values, ok := match(api.Base+r.Path, q.URL.Path)
			if ok && (r.Method == q.Method || r.Method == deploy.Any || r.Method == "GET" && q.Method == "HEAD") {
				r.Entered()(w, q, func(name string) string { return values[name] })
				return
			}
			if ok {
				allowed = append(allowed, r.Method)
			}
			if api.Base+r.Path == q.URL.Path+"/" {
				http.Redirect(w, q, q.URL.Path+"/", http.StatusMovedPermanently)
				return
			}
		}
		if len(allowed) == 0 {
			http.NotFound(w, q)
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	}), api.Routes
}

func match(pattern, path string) (map[string]string, bool) {
	wanted, given := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(wanted) != len(given) {
		return nil, false
	}
	values := map[string]string{}
	for i, part := range wanted {
		if strings.HasPrefix(part, "{") && given[i] != "" {
			values[strings.Trim(part, "{}")] = given[i]
		} else if part != given[i] {
			return nil, false
		}
	}
	return values, true
}
