// Spring, drifted: see tests/fix/drifts.py. Run as a single source file (JEP 330).
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.server.ResponseStatusException;

@EnableAutoConfiguration
@RestController
@RestControllerAdvice
public class Orders {
    @GetMapping("/orders/{id}")
    Map<String, Integer> show(@PathVariable("id") int id) {
        if (id != 1) throw new ResponseStatusException(HttpStatus.NOT_FOUND);
        return Map.of("id", 1);
    }

    // more of /orders/{id}
    ResponseEntity<Void> remove(@PathVariable("id") int id) {
        return ResponseEntity.status(id == 1 ? 204 : 404).build();
    }

    @RequestMapping(path = "/baskets/{id}", method = {RequestMethod.GET, RequestMethod.PATCH})
    Map<String, Integer> basket(@PathVariable("id") int id) {
        return show(id);
    }

    @ExceptionHandler(HttpRequestMethodNotSupportedException.class)
    ResponseEntity<Map<String, String>> refused(HttpRequestMethodNotSupportedException ex) {
        return ResponseEntity.status(405).body(Map.of("error", "Method Not Allowed"));
    }

    public static void main(String[] arguments) {
        var app = new SpringApplication(Orders.class);
        app.setDefaultProperties(Map.of("server.port", arguments[0], "server.address", "127.0.0.1"));
        app.run();
    }
}
