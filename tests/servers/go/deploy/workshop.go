package deploy

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// The workshop: tests/servers/workshop.py says what its handlers do.

const project1 = "6f1c2a34-9b7e-4d53-8a10-2c4e6f8a0b1d"

var (
	tenants  = map[string]object{"acme": {"slug": "acme", "name": "Acme"}}
	projects = map[string]object{project1: {"id": project1, "title": "Lathe"}}
	tasks    = map[string]object{"7": {"id": 7, "title": "oil it"}, "8": {"id": 8, "title": "test it"}}
	comments = map[string]object{"first-words": {"id": "first-words", "text": "well done"}}
	labels   = map[string]object{"urgent": {"slug": "urgent", "colour": "red"}}
	reports  = map[string]object{"daily": {"period": "daily", "done": 3}, "weekly": {"period": "weekly", "done": 3}}
	files    = map[string][]byte{"manual.txt": []byte("Read this first.\n")}
	profile  = object{"name": "anna"}
	prefs    = object{"theme": "dark", "beep": false}
	parents  = []struct {
		name  string
		store map[string]object
	}{{"tenant", tenants}, {"projectId", projects}, {"taskId", tasks}}
)

// within answers 404 if one of the first objects named in the path does not exist.
func within(depth int, handle Handle) Handle {
	return func(w http.ResponseWriter, r *http.Request, values Values) {
		for _, parent := range parents[:depth] {
			lock.Lock()
			_, ok := parent.store[values(parent.name)]
			lock.Unlock()
			if !ok {
				missing(w, values(parent.name))
				return
			}
		}
		handle(w, r, values)
	}
}

// whole reads the content to its end: an object with the required member, or 422 is answered.
func whole(w http.ResponseWriter, r *http.Request, required string) object {
	var body object
	data, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(data, &body) != nil || body == nil {
		answer(w, 422, object{"error": "not a JSON object"})
		return nil
	}
	if _, ok := body[required]; !ok && required != "" {
		answer(w, 422, object{"error": required + " is required"})
		return nil
	}
	return body
}

func all(store map[string]object) Handle {
	return func(w http.ResponseWriter, r *http.Request, _ Values) {
		lock.Lock()
		defer lock.Unlock()
		found := []object{}
		for _, item := range store {
			found = append(found, item)
		}
		answer(w, 200, found)
	}
}

func add(store map[string]object, required string) Handle {
	return func(w http.ResponseWriter, r *http.Request, _ Values) {
		body := whole(w, r, required)
		if body == nil {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		key := fmt.Sprint(len(store) + 100)
		body["id"] = key
		store[key] = body
		wrote(key + " created")
		answer(w, 201, body)
	}
}

// put changes an object; with upsert one that does not exist yet comes into being.
func put(store map[string]object, name, required string, upsert bool) Handle {
	return func(w http.ResponseWriter, r *http.Request, values Values) {
		body := whole(w, r, required)
		if body == nil {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		key := values(name)
		item, ok := store[key]
		if !ok && !upsert {
			missing(w, key)
			return
		}
		status := 200
		if !ok {
			item, status = object{"slug": key}, 201
			store[key] = item
		}
		for name, value := range body {
			item[name] = value
		}
		wrote(key + " changed")
		answer(w, status, item)
	}
}

func showOne(item object) Handle {
	return func(w http.ResponseWriter, r *http.Request, _ Values) {
		lock.Lock()
		defer lock.Unlock()
		answer(w, 200, item)
	}
}

func changeOne(item object, required string) Handle {
	return func(w http.ResponseWriter, r *http.Request, _ Values) {
		body := whole(w, r, required)
		if body == nil {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		for name, value := range body {
			item[name] = value
		}
		wrote("the only one changed")
		answer(w, 200, item)
	}
}

// act changes something whenever it is entered, and reads no content.
func act(status int, what string) Handle {
	return func(w http.ResponseWriter, r *http.Request, _ Values) {
		wrote(what)
		if status == 204 {
			answer(w, 204, nil)
		} else {
			answer(w, status, object{"done": true})
		}
	}
}

// actOn is act for an object that must exist.
func actOn(store map[string]object, name string, status int) Handle {
	return func(w http.ResponseWriter, r *http.Request, values Values) {
		lock.Lock()
		_, ok := store[values(name)]
		lock.Unlock()
		if !ok {
			missing(w, values(name))
			return
		}
		act(status, values(name)+" was acted on")(w, r, values)
	}
}

func countTasks(w http.ResponseWriter, r *http.Request, _ Values) {
	lock.Lock()
	defer lock.Unlock()
	answer(w, 200, object{"count": len(tasks)})
}

func clearTasks(w http.ResponseWriter, r *http.Request, values Values) {
	lock.Lock()
	for key := range tasks {
		delete(tasks, key)
	}
	lock.Unlock()
	act(204, "all tasks deleted")(w, r, values)
}

func showFile(w http.ResponseWriter, r *http.Request, values Values) {
	lock.Lock()
	defer lock.Unlock()
	data, ok := files[values("name")]
	if !ok {
		missing(w, values("name"))
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(data)
}

// putFile streams: what was there before is gone with the first byte, or at the end of empty content.
func putFile(w http.ResponseWriter, r *http.Request, values Values) {
	name, begun := values("name"), false
	chunk := make([]byte, 4096)
	for {
		n, err := r.Body.Read(chunk)
		if (n > 0 || err == io.EOF) && !begun {
			begun = true
			lock.Lock()
			files[name] = nil
			lock.Unlock()
			wrote("file " + name + " created")
		}
		lock.Lock()
		files[name] = append(files[name], chunk[:n]...)
		lock.Unlock()
		if err == io.EOF {
			answer(w, 204, nil)
			return
		}
		if err != nil {
			answer(w, 400, object{"error": "content ended early"})
			return
		}
	}
}

func importFile(w http.ResponseWriter, r *http.Request, values Values) {
	if err := r.ParseMultipartForm(1 << 20); err != nil || r.MultipartForm.File["file"] == nil && r.MultipartForm.Value["file"] == nil {
		answer(w, 422, object{"error": "file is required"})
		return
	}
	act(202, "imported")(w, r, values)
}

func callHook(w http.ResponseWriter, r *http.Request, values Values) {
	act(202, "hook called by "+r.Method)(w, r, values)
}

const (
	deepComments = "/tenants/{tenant}/projects/{projectId}/tasks/{taskId}/comments"
	deepComment  = deepComments + "/{commentId}"
)

var workshop = API{
	Base: "/api/v2",
	Routes: []Route{
		{"GET", "/status", health},
		{"GET", "/tenants/{tenant}", show(tenants, "tenant")},
		{"GET", "/tenants/{tenant}/projects", within(1, all(projects))},
		{"POST", "/tenants/{tenant}/projects", within(1, add(projects, "title"))},
		{"GET", deepComments, within(3, all(comments))},
		{"POST", deepComments, within(3, add(comments, "text"))},
		{"GET", deepComment, within(3, show(comments, "commentId"))},
		{"DELETE", deepComment, within(3, remove(comments, "commentId"))},
		{"GET", "/projects/{projectId}", show(projects, "projectId")},
		{"DELETE", "/projects/{projectId}", remove(projects, "projectId")},
		{"GET", "/reports/{period}", show(reports, "period")},
		{"POST", "/reports/{period}", actOn(reports, "period", 202)},
		{"GET", "/labels", all(labels)},
		{"GET", "/labels/{slug}", show(labels, "slug")},
		{"PUT", "/labels/{slug}", put(labels, "slug", "colour", true)},
		{"PATCH", "/labels/{slug}", put(labels, "slug", "", false)},
		{"GET", "/tasks", all(tasks)},
		{"POST", "/tasks", add(tasks, "title")},
		{"DELETE", "/tasks", clearTasks},
		{"GET", "/tasks/count", countTasks},
		{"GET", "/tasks/{taskId}", show(tasks, "taskId")},
		{"PATCH", "/tasks/{taskId}", put(tasks, "taskId", "", false)},
		{"DELETE", "/tasks/{taskId}", remove(tasks, "taskId")},
		{"POST", "/tasks/{taskId}/close", actOn(tasks, "taskId", 204)},
		{"POST", "/machine/restart", act(202, "restarted")},
		{"GET", "/machine/log", showOne(object{"lines": []string{"started"}})},
		{"DELETE", "/machine/log", act(204, "log emptied")},
		{"DELETE", "/trash", act(204, "trash emptied")},
		{"GET", "/profile", showOne(profile)},
		{"PUT", "/profile", changeOne(profile, "name")},
		{"GET", "/settings", showOne(prefs)},
		{"PATCH", "/settings", changeOne(prefs, "")},
		{"PUT", "/settings", changeOne(prefs, "")},
		{"GET", "/files/{name}", showFile},
		{"PUT", "/files/{name}", putFile},
		{"POST", "/pings", act(202, "pinged")},
		{"POST", "/imports", importFile},
		{Any, "/hooks/{hookId}", callHook},
	},
	Documented: []string{
		"/status", "/tenants/{tenant}", "/tenants/{tenant}/projects", deepComments, deepComment,
		"/projects/{projectId}", "/reports/{period}", "/labels", "/labels/{slug}", "/tasks", "/tasks/count",
		"/tasks/{taskId}", "/tasks/{taskId}/close", "/tasks/{taskId}/watchers", "/machine/restart", "/machine/log",
		"/trash", "/profile", "/settings", "/files/{name}", "/pings", "/imports", "/exports", "/hooks/{hookId}",
	},
}
