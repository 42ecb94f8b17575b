// The test servers on gin. Option `cors`: the methods that rs/cors allows to the origin http://app.example.test.
package main

import (
	"net/http"
	"regexp"

	"auditor/testserver/deploy"

	"github.com/gin-gonic/gin"
	"github.com/rs/cors"
)

var (
	braces = regexp.MustCompile(`\{(\w+)\}`)
	colon  = regexp.MustCompile(`:(\w+)`)
)

func main() {
	deploy.Serve(func(api deploy.API) (http.Handler, []deploy.Route) {
		gin.SetMode(gin.ReleaseMode)
		engine := gin.New()
		// Off unless asked for: a wrong method is a 404 in the bookshop, a 405 without Allow in the workshop.
		engine.HandleMethodNotAllowed = api.Base != "/v1"
		for _, r := range api.Routes {
			handle := r.Entered()
			path := braces.ReplaceAllString(api.Base+r.Path, ":$1")
			handler := func(c *gin.Context) { handle(c.Writer, c.Request, c.Param) }
			if r.Method == deploy.Any {
				engine.Any(path, handler)
			} else {
				engine.Handle(r.Method, path, handler)
			}
		}
		served := []deploy.Route{}
		for _, r := range engine.Routes() {
			served = append(served, deploy.Route{Method: r.Method, Path: colon.ReplaceAllString(r.Path, "{$1}")})
		}
		if methods := api.CORS; methods != nil {
			allowed := cors.Options{AllowedOrigins: []string{"http://app.example.test"}, AllowedMethods: methods}
			return cors.New(allowed).Handler(engine), served
		}
		return engine, served
	})
}
