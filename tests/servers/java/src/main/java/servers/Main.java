package servers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** Test servers on Spring Boot and Tomcat: which API they deploy is the option `api`.
 *
 * Option `cors`: by pattern of paths, the methods that are allowed to the origin http://app.example.test.
 */
@EnableAutoConfiguration
public class Main {
    static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE");
    static final Map<String, List<String>> CORS = new LinkedHashMap<>();

    public static void main(String[] arguments) throws IOException {
        JsonNode settings = new ObjectMapper().readTree(System.getenv("TEST_SERVER"));
        Journal.open(settings.get("journal").asText());
        dieWithParent();
        settings.at("/options/cors").fields().forEachRemaining(entry -> {
            List<String> methods = new ArrayList<>();
            entry.getValue().forEach(method -> methods.add(method.asText()));
            CORS.put(entry.getKey(), methods);
        });
        boolean books = settings.at("/options/api").asText().equals("bookshop");
        SpringApplication application = new SpringApplication(Main.class, books ? Bookshop.class : Workshop.class);
        application.setDefaultProperties(Map.of(
                "server.address", "127.0.0.1",
                "server.port", settings.get("port").asInt(),
                "server.tomcat.threads.max", 10,
                "spring.main.banner-mode", "off",
                "spring.servlet.multipart.resolve-lazily", true,
                "logging.level.root", "warn"));
        var context = (ServletWebServerApplicationContext) application.run();
        Journal.note(Map.of("truth", truth(
                context.getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class),
                books ? Bookshop.BASE : Workshop.BASE,
                books ? Bookshop.DOCUMENTED : Workshop.DOCUMENTED)));
        Journal.note(Map.of("ready", context.getWebServer().getPort()));
    }

    /** Spring's own table per documented path; a path with a trailing slash counts for its twin. */
    static Map<String, Set<String>> truth(RequestMappingHandlerMapping mapping, String base, List<String> documented) {
        Map<String, Set<String>> truth = new TreeMap<>();
        documented.forEach(path -> truth.put(path, new TreeSet<>()));
        for (RequestMappingInfo info : mapping.getHandlerMethods().keySet()) {
            Set<String> methods = new TreeSet<>(METHODS);
            var limits = info.getMethodsCondition().getMethods();
            methods.removeIf(method -> !limits.isEmpty() && limits.stream().noneMatch(m -> m.name().equals(method)));
            for (String pattern : info.getPatternValues()) {
                String path = pattern.startsWith(base) ? pattern.substring(base.length()) : pattern;
                path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
                if (truth.containsKey(path)) {
                    truth.get(path).addAll(methods);
                }
            }
        }
        return truth;
    }

    @Bean
    WebMvcConfigurer cors() {
        return new WebMvcConfigurer() {
            @Override
            public void addCorsMappings(CorsRegistry registry) {
                CORS.forEach((pattern, methods) -> registry.addMapping(pattern)
                        .allowedOrigins("http://app.example.test").allowedMethods(methods.toArray(String[]::new)));
            }
        };
    }

    @Bean
    FilterRegistrationBean<Filter> log() {
        Filter filter = (request, response, chain) -> {
            HttpServletRequest given = (HttpServletRequest) request;
            String query = given.getQueryString() == null ? "" : "?" + given.getQueryString();
            Journal.note(Map.of("request", List.of(given.getMethod(), given.getRequestURI() + query)));
            chain.doFilter(request, response);
        };
        FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(filter);
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }

    /** Ends this process when whoever started it is gone: its end of our standard input closes then. */
    private static void dieWithParent() {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {}
            } catch (IOException closed) {
                // As good as its end.
            }
            Runtime.getRuntime().halt(0);
        });
        watch.setDaemon(true);
        watch.start();
    }
}
