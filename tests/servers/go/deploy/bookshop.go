package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const order1 = "00000000-0000-0000-0000-000000000001"

var (
	books = map[string]object{
		"1": {"id": 1, "title": "The Dispossessed", "price": 12.5},
		"2": {"id": 2, "title": "The Lathe of Heaven", "price": 9.0},
	}
	authors = map[string]object{"ursula-le-guin": {"slug": "ursula-le-guin", "bio": "wrote of other worlds"}}
	orders  = map[string]object{order1: {"id": order1, "bookId": 1, "quantity": 1}}
)

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

func show(store map[string]object, name string) Handle {
	return func(w http.ResponseWriter, r *http.Request, values Values) {
		lock.Lock()
		defer lock.Unlock()
		if item, ok := store[values(name)]; ok {
			answer(w, 200, item)
		} else {
			missing(w, values(name))
		}
	}
}

func change(store map[string]object, name string) Handle {
	return func(w http.ResponseWriter, r *http.Request, values Values) {
		body := content(w, r)
		if body == nil {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		item, ok := store[values(name)]
		if !ok {
			missing(w, values(name))
			return
		}
		for name, value := range body {
			item[name] = value
		}
		wrote(values(name) + " changed")
		answer(w, 200, item)
	}
}

func remove(store map[string]object, name string) Handle {
	return func(w http.ResponseWriter, r *http.Request, values Values) {
		lock.Lock()
		defer lock.Unlock()
		if _, ok := store[values(name)]; !ok {
			missing(w, values(name))
			return
		}
		delete(store, values(name))
		wrote(values(name) + " deleted")
		answer(w, 204, nil)
	}
}

func create(store map[string]object, form string, required ...string) Handle {
	return func(w http.ResponseWriter, r *http.Request, _ Values) {
		body := content(w, r, required...)
		if body == nil {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		key := fmt.Sprintf(form, len(store)+1)
		body["id"] = key
		store[key] = body
		wrote(key + " created")
		answer(w, 201, body)
	}
}

func list(w http.ResponseWriter, r *http.Request, _ Values) {
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

func health(w http.ResponseWriter, r *http.Request, _ Values) { answer(w, 200, object{"status": "up"}) }

func flush(w http.ResponseWriter, r *http.Request, _ Values) {
	wrote("cache flushed")
	answer(w, 204, nil)
}

var bookshop = API{
	Base: "/v1",
	Routes: []Route{
		{"GET", "/health", health},
		{"GET", "/books", list},
		{"POST", "/books", create(books, "%d", "title", "price")},
		{"GET", "/books/{bookId}", show(books, "bookId")},
		{"PATCH", "/books/{bookId}", change(books, "bookId")},
		{"DELETE", "/books/{bookId}", remove(books, "bookId")},
		{"GET", "/authors/{slug}", show(authors, "slug")},
		{"PATCH", "/authors/{slug}", change(authors, "slug")},
		{"DELETE", "/authors/{slug}", remove(authors, "slug")},
		{"POST", "/orders/", create(orders, "00000000-0000-0000-0000-%012d", "bookId", "quantity")},
		{"GET", "/orders/{orderId}", show(orders, "orderId")},
		{"GET", "/search", list},
		{"DELETE", "/cache", flush},
	},
	Documented: []string{
		"/health", "/books", "/books/{bookId}", "/books/{bookId}/reviews", "/authors/{slug}", "/orders",
		"/orders/{orderId}", "/search", "/cache",
	},
}
