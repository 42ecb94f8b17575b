// The bookshop on Go's net/http.
package main

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

type settings struct {
	Port    int    `json:"port"`
	Journal string `json:"journal"`
}

// A route of the deployment; %s in the path stands for the parameter, key gives its value to the handler.
type route struct {
	method, path string
	handle       func(w http.ResponseWriter, r *http.Request, key string)
}

const order1 = "00000000-0000-0000-0000-000000000001"

var (
	journal *os.File
	lock    sync.Mutex
	books   = map[string]object{
		"1": {"id": 1, "title": "The Dispossessed", "price": 12.5},
		"2": {"id": 2, "title": "The Lathe of Heaven", "price": 9.0},
	}
	authors = map[string]object{"ursula-le-guin": {"slug": "ursula-le-guin", "bio": "wrote of other worlds"}}
	orders  = map[string]object{order1: {"id": order1, "bookId": 1, "quantity": 1}}
)

func note(entry object) {
	line, _ := json.Marshal(entry)
	journal.Write(append(line, '\n'))
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		json.NewEncoder(w).Encode(body)
	}
}

func content(w http.ResponseWriter, r *http.Request, required ...string) object {
	var body object
	if json.NewDecoder(r.Body).Decode(&body) != nil || body == nil {
		answer(w, 422, object{"error": "not a JSON object"})
		return nil
	}
	for _, name := range required {
		if _, ok := body[name]; !ok {
			answer(w, 422, object{"error": name + " is required"})
			return nil
		}
	}
	return body
}

func show(store map[string]object) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, key string) {
		lock.Lock()
		defer lock.Unlock()
		if item, ok := store[key]; ok {
			answer(w, 200, item)
		} else {
			answer(w, 404, object{"error": "no " + key})
		}
	}
}

func change(store map[string]object) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, key string) {
		body := content(w, r)
		if body == nil {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		item, ok := store[key]
		if !ok {
			answer(w, 404, object{"error": "no " + key})
			return
		}
		for name, value := range body {
			item[name] = value
		}
		note(object{"write": key + " changed"})
		answer(w, 200, item)
	}
}

func remove(store map[string]object) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, key string) {
		lock.Lock()
		defer lock.Unlock()
		if _, ok := store[key]; !ok {
			answer(w, 404, object{"error": "no " + key})
			return
		}
		delete(store, key)
		note(object{"write": key + " deleted"})
		answer(w, 204, nil)
	}
}

func create(store map[string]object, form string, required ...string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, _ string) {
		body := content(w, r, required...)
		if body == nil {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		key := fmt.Sprintf(form, len(store)+1)
		body["id"] = key
		store[key] = body
		note(object{"write": key + " created"})
		answer(w, 201, body)
	}
}

func list(w http.ResponseWriter, r *http.Request, _ string) {
	lock.Lock()
	defer lock.Unlock()
	q := strings.ToLower(r.URL.Query().Get("q"))
	found := []object{}
	for _, key := range []string{"1", "2"} {
		if book, ok := books[key]; ok && strings.Contains(strings.ToLower(fmt.Sprint(book["title"])), q) {
			found = append(found, book)
		}
	}
	answer(w, 200, found)
}

var routes = []route{
	{"GET", "/health", func(w http.ResponseWriter, r *http.Request, _ string) { answer(w, 200, object{"status": "up"}) }},
	{"GET", "/books", list},
	{"POST", "/books", create(books, "%d", "title", "price")},
	{"GET", "/books/{bookId}", show(books)},
	{"PATCH", "/books/{bookId}", change(books)},
	{"DELETE", "/books/{bookId}", remove(books)},
	{"GET", "/authors/{slug}", show(authors)},
	{"PATCH", "/authors/{slug}", change(authors)},
	{"DELETE", "/authors/{slug}", remove(authors)},
	{"POST", "/orders/", create(orders, "00000000-0000-0000-0000-%012d", "bookId", "quantity")},
	{"GET", "/orders/{orderId}", show(orders)},
	{"GET", "/search", list},
	{"DELETE", "/cache", func(w http.ResponseWriter, r *http.Request, _ string) {
		note(object{"write": "cache flushed"})
		answer(w, 204, nil)
	}},
}

// entered notes that a state-changing handler starts.
func entered(found route) func(http.ResponseWriter, *http.Request, string) {
	if found.method == "GET" {
		return found.handle
	}
	return func(w http.ResponseWriter, r *http.Request, key string) {
		note(object{"entered": found.method + " " + found.path})
		found.handle(w, r, key)
	}
}

func truth() map[string][]string {
	served := map[string][]string{"/books/{bookId}/reviews": {}}
	for _, r := range routes {
		path := strings.TrimSuffix(r.path, "/")
		served[path] = append(served[path], r.method)
	}
	return served
}

func main() {
	var given settings
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
	mux := routed()
	note(object{"truth": truth()})
	note(object{"ready": listener.Addr().(*net.TCPAddr).Port})
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(object{"request": []string{r.Method, r.RequestURI}})
		mux.ServeHTTP(w, r)
	})))
}
