package servers;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** Objects of one kind by their key. */
final class Store<K> {
    private final Map<K, Map<String, Object>> items = new LinkedHashMap<>();

    Store<K> with(K key, Map<String, Object> item) {
        items.put(key, new LinkedHashMap<>(item));
        return this;
    }

    synchronized Collection<Map<String, Object>> all() {
        return items.values().stream().map(item -> (Map<String, Object>) new LinkedHashMap<>(item)).toList();
    }

    synchronized boolean has(K key) {
        return items.containsKey(key);
    }

    synchronized int size() {
        return items.size();
    }

    synchronized Map<String, Object> show(K key) {
        if (!has(key)) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "no " + key);
        }
        return new LinkedHashMap<>(items.get(key));
    }

    synchronized Map<String, Object> put(K key, Map<String, Object> data) {
        items.computeIfAbsent(key, absent -> new LinkedHashMap<>()).putAll(data);
        Journal.wrote(key + " put");
        return show(key);
    }

    synchronized Map<String, Object> change(K key, Map<String, Object> data) {
        show(key);
        return put(key, data);
    }

    synchronized void remove(K key) {
        show(key);
        items.remove(key);
        Journal.wrote(key + " deleted");
    }

    synchronized void clear() {
        items.clear();
        Journal.wrote("all deleted");
    }
}
