package servers;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One JSON object per line, as tests/servers/record.py says. */
final class Journal {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static FileOutputStream file;

    private Journal() {}

    static void open(String path) throws IOException {
        file = new FileOutputStream(path, true);
    }

    static synchronized void note(Map<String, ?> entry) {
        try {
            file.write((JSON.writeValueAsString(entry) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** A state-changing handler started. */
    static void entered(String what) {
        note(Map.of("entered", what));
    }

    /** Something changed. */
    static void wrote(String what) {
        note(Map.of("write", what));
    }
}
