// Client.java KIND URL ASKED "METHOD STATUS"...: both clients of the JDK. ASKED 0: as they come.

import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Set;

public class Client {
  private static final Set<String> WITH_CONTENT = Set.of("POST", "PUT", "PATCH", "QUERY");

  public static void main(String[] arguments) {
    boolean asked = !arguments[2].equals("0");
    for (int i = 3; i < arguments.length; i++) {
      String method = arguments[i].split(" ")[0];
      URI address = URI.create(arguments[1] + "/from/" + arguments[i].split(" ")[1] + "/" + method);
      try {
        if (arguments[0].equals("HttpClient")) {
          modern(address, method, asked);
        } else {
          old(address, method);
        }
      } catch (Exception error) {
        // What did not arrive is what is measured.
      }
    }
    System.exit(0);
  }

  private static void modern(URI address, String method, boolean asked) throws Exception {
    HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    HttpClient client = (asked ? builder.followRedirects(HttpClient.Redirect.NORMAL) : builder).build();
    var content = WITH_CONTENT.contains(method) ? BodyPublishers.ofString("x=1") : BodyPublishers.noBody();
    client.send(HttpRequest.newBuilder(address).method(method, content).build(), BodyHandlers.discarding());
  }

  private static void old(URI address, String method) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
    connection.setRequestMethod(method);
    if (WITH_CONTENT.contains(method)) {
      connection.setDoOutput(true);
      connection.getOutputStream().write("x=1".getBytes(StandardCharsets.UTF_8));
    }
    connection.getResponseCode();
  }
}
