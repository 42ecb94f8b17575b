// Package deploy holds the two APIs, the journal, and what all servers in Go have in common.
package deploy

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

type object = map[string]any

// Any stands for every method there is.
const Any = "*"

// Methods are those that the truth is about.
var Methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// Values gives a parameter of the path by its name.
type Values func(name string) string

// Handle answers one request.
type Handle func(w http.ResponseWriter, r *http.Request, values Values)

// A Route of the deployment; {name} in the path stands for a parameter.
type Route struct {
	Method, Path string
	Handle       Handle
}

// An API is what a server deploys, and what is documented beside it.
type API struct {
	Base       string
	Routes     []Route
	Documented []string
	// CORS is what preflights allow; nil: there is no CORS.
	CORS []string
}

// Settings as tests/servers/process.py gives them.
type Settings struct {
	Port    int    `json:"port"`
	Journal string `json:"journal"`
	Options struct {
		API  string   `json:"api"`
		CORS []string `json:"cors"`
	} `json:"options"`
}

var (
	journal *os.File
	lock    sync.Mutex
)

func note(entry object) {
	line, _ := json.Marshal(entry)
	journal.Write(append(line, '\n'))
}

func wrote(what string) { note(object{"write": what}) }

// Entered notes that a handler which may change something starts.
func (found Route) Entered() Handle {
	if found.Method == "GET" {
		return found.Handle
	}
	return func(w http.ResponseWriter, r *http.Request, values Values) {
		note(object{"entered": r.Method + " " + found.Path})
		found.Handle(w, r, values)
	}
}

// Truth is which methods each documented path serves; a path with a trailing slash counts for its twin.
func (api API) Truth(served []Route) map[string][]string {
	truth := map[string][]string{}
	for _, path := range api.Documented {
		truth[path] = []string{}
	}
	for _, r := range served {
		path := strings.TrimSuffix(strings.TrimPrefix(r.Path, api.Base), "/")
		if _, ok := truth[path]; !ok {
			continue
		}
		for _, method := range Methods {
			if r.Method == method || r.Method == Any {
				truth[path] = append(truth[path], method)
			}
		}
	}
	return truth
}

// Serve starts the server that `build` makes of an API and its own route table, and never returns.
func Serve(build func(api API) (http.Handler, []Route)) {
	var given Settings
	if err := json.Unmarshal([]byte(os.Getenv("TEST_SERVER")), &given); err != nil {
		panic(err)
	}
	var err error
	if journal, err = os.OpenFile(given.Journal, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", given.Port))
	if err != nil {
		panic(err)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	api := map[string]API{"bookshop": bookshop, "workshop": workshop}[given.Options.API]
	api.CORS = given.Options.CORS
	handler, served := build(api)
	note(object{"truth": api.Truth(served)})
	note(object{"ready": listener.Addr().(*net.TCPAddr).Port})
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(object{"request": []string{r.Method, r.RequestURI}})
		handler.ServeHTTP(w, r)
	})))
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		json.NewEncoder(w).Encode(body)
	}
}

func missing(w http.ResponseWriter, key string) { answer(w, 404, object{"error": "no " + key}) }
