package servers;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.Part;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * The workshop: tests/servers/workshop.py says what its handlers do. They read their content themselves, so that
 * `entered` is noted before any of it is read; those of the bookshop leave reading to Spring.
 */
@RestController
@RequestMapping(Workshop.BASE)
class Workshop {
    static final String BASE = "/api/v2";
    static final String COMMENTS = "/tenants/{tenant}/projects/{projectId}/tasks/{taskId}/comments";
    static final String COMMENT = COMMENTS + "/{commentId}";
    static final List<String> DOCUMENTED = List.of("/status", "/tenants/{tenant}", "/tenants/{tenant}/projects",
            COMMENTS, COMMENT, "/projects/{projectId}", "/reports/{period}", "/labels", "/labels/{slug}", "/tasks",
            "/tasks/count", "/tasks/{taskId}", "/tasks/{taskId}/close", "/tasks/{taskId}/watchers", "/machine/restart",
            "/machine/log", "/trash", "/profile", "/settings", "/files/{name}", "/pings", "/imports", "/exports",
            "/hooks/{hookId}");
    private static final UUID PROJECT = UUID.fromString("6f1c2a34-9b7e-4d53-8a10-2c4e6f8a0b1d");
    private static final ObjectMapper JSON = new ObjectMapper();

    enum Period { daily, weekly }

    private final Store<String> tenants = new Store<String>().with("acme", Map.of("slug", "acme", "name", "Acme"));
    private final Store<UUID> projects = new Store<UUID>().with(PROJECT, Map.of("id", PROJECT, "title", "Lathe"));
    private final Store<Long> tasks = new Store<Long>()
            .with(7L, Map.of("id", 7, "title", "oil it"))
            .with(8L, Map.of("id", 8, "title", "test it"));
    private final Store<String> comments = new Store<String>()
            .with("first-words", Map.of("id", "first-words", "text", "well done"));
    private final Store<String> labels = new Store<String>()
            .with("urgent", Map.of("slug", "urgent", "colour", "red"));
    private final Store<String> singletons = new Store<String>()
            .with("profile", Map.of("name", "anna"))
            .with("settings", Map.of("theme", "dark", "beep", false));
    private final Map<String, byte[]> files = new ConcurrentHashMap<>(Map.of("manual.txt", "Read.\n".getBytes()));

    private static ResponseStatusException invalid(String why) {
        return new ResponseStatusException(HttpStatus.UNPROCESSABLE_ENTITY, why);
    }

    /** The content to its end: an object with the required member. */
    private static Map<String, Object> whole(HttpServletRequest request, String required) {
        try {
            Map<String, Object> data =
                    JSON.readValue(request.getInputStream().readAllBytes(), new TypeReference<>() {});
            if (data != null && (required.isEmpty() || data.containsKey(required))) {
                return data;
            }
        } catch (IOException error) {
            throw invalid("not a JSON object");
        }
        throw invalid(required + " is required");
    }

    private static Map<String, Boolean> act(String what) {
        Journal.entered(what);
        Journal.wrote(what);
        return Map.of("done", true);
    }

    private void parents(String tenant, UUID project, long task) {
        tenants.show(tenant);
        projects.show(project);
        tasks.show(task);
    }

    @GetMapping("/status")
    Map<String, String> status() {
        return Map.of("status", "up");
    }

    @GetMapping("/tenants/{tenant}")
    Map<String, Object> getTenant(@PathVariable String tenant) {
        return tenants.show(tenant);
    }

    @GetMapping("/tenants/{tenant}/projects")
    Collection<Map<String, Object>> listProjects(@PathVariable String tenant) {
        tenants.show(tenant);
        return projects.all();
    }

    @PostMapping("/tenants/{tenant}/projects")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> createProject(@PathVariable String tenant, HttpServletRequest request) {
        Journal.entered("POST /tenants/{tenant}/projects");
        Map<String, Object> data = whole(request, "title");
        tenants.show(tenant);
        UUID key = new UUID(0, projects.size());
        data.put("id", key);
        return projects.put(key, data);
    }

    @GetMapping(COMMENTS)
    Collection<Map<String, Object>> listComments(
            @PathVariable String tenant, @PathVariable UUID projectId, @PathVariable long taskId) {
        parents(tenant, projectId, taskId);
        return comments.all();
    }

    @PostMapping(COMMENTS)
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> createComment(@PathVariable String tenant, @PathVariable UUID projectId,
            @PathVariable long taskId, HttpServletRequest request) {
        Journal.entered("POST " + COMMENTS);
        Map<String, Object> data = whole(request, "text");
        parents(tenant, projectId, taskId);
        String key = "new-" + comments.size();
        data.put("id", key);
        return comments.put(key, data);
    }

    @GetMapping(COMMENT)
    Map<String, Object> getComment(@PathVariable String tenant, @PathVariable UUID projectId,
            @PathVariable long taskId, @PathVariable String commentId) {
        parents(tenant, projectId, taskId);
        return comments.show(commentId);
    }

    @DeleteMapping(COMMENT)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deleteComment(@PathVariable String tenant, @PathVariable UUID projectId,
            @PathVariable long taskId, @PathVariable String commentId) {
        Journal.entered("DELETE " + COMMENT);
        parents(tenant, projectId, taskId);
        comments.remove(commentId);
    }

    @GetMapping("/projects/{projectId}")
    Map<String, Object> getProject(@PathVariable UUID projectId) {
        return projects.show(projectId);
    }

    @DeleteMapping("/projects/{projectId}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deleteProject(@PathVariable UUID projectId) {
        Journal.entered("DELETE /projects/{projectId}");
        projects.remove(projectId);
    }

    @GetMapping("/reports/{period}")
    Map<String, Object> getReport(@PathVariable Period period) {
        return Map.of("period", period, "done", 3);
    }

    @PostMapping("/reports/{period}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, Boolean> runReport(@PathVariable Period period) {
        return act("POST /reports/{period}");
    }

    @GetMapping("/labels")
    Collection<Map<String, Object>> listLabels() {
        return labels.all();
    }

    @GetMapping("/labels/{slug}")
    Map<String, Object> getLabel(@PathVariable String slug) {
        return labels.show(slug);
    }

    @PutMapping("/labels/{slug}")
    ResponseEntity<Map<String, Object>> putLabel(@PathVariable String slug, HttpServletRequest request) {
        Journal.entered("PUT /labels/{slug}");
        Map<String, Object> data = new LinkedHashMap<>(Map.of("slug", slug));
        data.putAll(whole(request, "colour"));
        HttpStatus status = labels.has(slug) ? HttpStatus.OK : HttpStatus.CREATED;
        return ResponseEntity.status(status).body(labels.put(slug, data));
    }

    @PatchMapping("/labels/{slug}")
    Map<String, Object> changeLabel(@PathVariable String slug, HttpServletRequest request) {
        Journal.entered("PATCH /labels/{slug}");
        return labels.change(slug, whole(request, ""));
    }

    @GetMapping("/tasks")
    Collection<Map<String, Object>> listTasks() {
        return tasks.all();
    }

    @PostMapping("/tasks")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> createTask(HttpServletRequest request) {
        Journal.entered("POST /tasks");
        Map<String, Object> data = whole(request, "title");
        long key = tasks.size() + 7;
        data.put("id", key);
        return tasks.put(key, data);
    }

    @DeleteMapping("/tasks")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deleteTasks() {
        Journal.entered("DELETE /tasks");
        tasks.clear();
    }

    @GetMapping("/tasks/count")
    Map<String, Integer> countTasks() {
        return Map.of("count", tasks.size());
    }

    @GetMapping("/tasks/{taskId}")
    Map<String, Object> getTask(@PathVariable long taskId) {
        return tasks.show(taskId);
    }

    @PatchMapping("/tasks/{taskId}")
    Map<String, Object> changeTask(@PathVariable long taskId, HttpServletRequest request) {
        Journal.entered("PATCH /tasks/{taskId}");
        return tasks.change(taskId, whole(request, ""));
    }

    @DeleteMapping("/tasks/{taskId}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deleteTask(@PathVariable long taskId) {
        Journal.entered("DELETE /tasks/{taskId}");
        tasks.remove(taskId);
    }

    @PostMapping("/tasks/{taskId}/close")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void closeTask(@PathVariable long taskId) {
        Journal.entered("POST /tasks/{taskId}/close");
        tasks.show(taskId);
        Journal.wrote(taskId + " closed");
    }

    @PostMapping("/machine/restart")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, Boolean> restart() {
        return act("POST /machine/restart");
    }

    @GetMapping("/machine/log")
    Map<String, List<String>> log() {
        return Map.of("lines", List.of("started"));
    }

    @DeleteMapping("/machine/log")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void emptyLog() {
        act("DELETE /machine/log");
    }

    @DeleteMapping("/trash")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void emptyTrash() {
        act("DELETE /trash");
    }

    @GetMapping("/profile")
    Map<String, Object> getProfile() {
        return singletons.show("profile");
    }

    @PutMapping("/profile")
    Map<String, Object> putProfile(HttpServletRequest request) {
        Journal.entered("PUT /profile");
        return singletons.put("profile", whole(request, "name"));
    }

    @GetMapping("/settings")
    Map<String, Object> getSettings() {
        return singletons.show("settings");
    }

    @RequestMapping(path = "/settings", method = {RequestMethod.PATCH, RequestMethod.PUT})
    Map<String, Object> changeSettings(HttpServletRequest request) {
        Journal.entered(request.getMethod() + " /settings");
        return singletons.put("settings", whole(request, ""));
    }

    @GetMapping(path = "/files/{name}", produces = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    byte[] getFile(@PathVariable String name) {
        byte[] data = files.get(name);
        if (data == null) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "no " + name);
        }
        return data;
    }

    /** Streams: what was there before is gone with the first byte, or at the end of empty content. */
    @PutMapping("/files/{name}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void putFile(@PathVariable String name, InputStream content) throws IOException {
        Journal.entered("PUT /files/{name}");
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        byte[] chunk = new byte[4096];
        boolean begun = false;
        int length;
        do {
            length = content.read(chunk);
            if (!begun) {
                begun = true;
                Journal.wrote("file " + name + " created");
            }
            kept.write(chunk, 0, Math.max(length, 0));
            files.put(name, kept.toByteArray());
        } while (length >= 0);
    }

    @PostMapping("/pings")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, Boolean> ping() {
        return act("POST /pings");
    }

    @PostMapping("/imports")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, Boolean> importFile(HttpServletRequest request) {
        Journal.entered("POST /imports");
        try {
            for (Part part : request.getParts()) {
                if ("file".equals(part.getName())) {
                    Journal.wrote("imported");
                    return Map.of("done", true);
                }
            }
        } catch (IOException | ServletException | RuntimeException error) {
            throw invalid("not a whole form");
        }
        throw invalid("file is required");
    }

    @RequestMapping("/hooks/{hookId}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, Boolean> callHook(HttpServletRequest request) {
        Journal.entered(request.getMethod() + " /hooks/{hookId}");
        Journal.wrote("hook called by " + request.getMethod());
        return Map.of("done", true);
    }
}
