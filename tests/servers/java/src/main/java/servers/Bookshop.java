package servers;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The bookshop. A handler starts after Spring has read its content; orders have both spellings. */
@RestController
@RequestMapping(Bookshop.BASE)
class Bookshop {
    static final String BASE = "/v1";
    static final List<String> DOCUMENTED = List.of("/health", "/books", "/books/{bookId}", "/books/{bookId}/reviews",
            "/authors/{slug}", "/orders", "/orders/{orderId}", "/search", "/cache");
    private static final UUID ORDER = new UUID(0, 1);

    private final Store<Long> books = new Store<Long>()
            .with(1L, Map.of("id", 1, "title", "The Dispossessed", "price", 12.5))
            .with(2L, Map.of("id", 2, "title", "The Lathe of Heaven", "price", 9.0));
    private final Store<String> authors = new Store<String>()
            .with("ursula-le-guin", Map.of("slug", "ursula-le-guin", "bio", "wrote of other worlds"));
    private final Store<UUID> orders = new Store<UUID>()
            .with(ORDER, Map.of("id", ORDER, "bookId", 1, "quantity", 1));

    private static void require(Map<String, Object> data, String... names) {
        if (!data.keySet().containsAll(List.of(names))) {
            throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_ENTITY, "required: " + String.join(", ", names));
        }
    }

    @GetMapping("/health")
    Map<String, String> health() {
        return Map.of("status", "up");
    }

    @GetMapping("/books")
    Collection<Map<String, Object>> listBooks() {
        return books.all();
    }

    @PostMapping("/books")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> createBook(@RequestBody Map<String, Object> data) {
        Journal.entered("POST /books");
        require(data, "title", "price");
        long number = books.size() + 1;
        data.put("id", number);
        return books.put(number, data);
    }

    @GetMapping("/books/{bookId}")
    Map<String, Object> getBook(@PathVariable long bookId) {
        return books.show(bookId);
    }

    @PatchMapping("/books/{bookId}")
    Map<String, Object> changeBook(@PathVariable long bookId, @RequestBody Map<String, Object> data) {
        Journal.entered("PATCH /books/{bookId}");
        return books.change(bookId, data);
    }

    @DeleteMapping("/books/{bookId}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deleteBook(@PathVariable long bookId) {
        Journal.entered("DELETE /books/{bookId}");
        books.remove(bookId);
    }

    @GetMapping("/authors/{slug}")
    Map<String, Object> getAuthor(@PathVariable String slug) {
        return authors.show(slug);
    }

    @PatchMapping("/authors/{slug}")
    Map<String, Object> changeAuthor(@PathVariable String slug, @RequestBody Map<String, Object> data) {
        Journal.entered("PATCH /authors/{slug}");
        return authors.change(slug, data);
    }

    @DeleteMapping("/authors/{slug}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deleteAuthor(@PathVariable String slug) {
        Journal.entered("DELETE /authors/{slug}");
        authors.remove(slug);
    }

    @PostMapping({"/orders", "/orders/"})
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> createOrder(@RequestBody Map<String, Object> data) {
        Journal.entered("POST /orders/");
        require(data, "bookId", "quantity");
        UUID number = new UUID(0, orders.size() + 1);
        data.put("id", number);
        return orders.put(number, data);
    }

    @GetMapping("/orders/{orderId}")
    Map<String, Object> getOrder(@PathVariable UUID orderId) {
        return orders.show(orderId);
    }

    @GetMapping("/search")
    List<Map<String, Object>> search(@RequestParam(defaultValue = "") String q) {
        String text = q.toLowerCase(Locale.ROOT);
        return books.all().stream()
                .filter(book -> String.valueOf(book.get("title")).toLowerCase(Locale.ROOT).contains(text))
                .toList();
    }

    @DeleteMapping("/cache")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void flush() {
        Journal.entered("DELETE /cache");
        Journal.wrote("cache flushed");
    }
}
