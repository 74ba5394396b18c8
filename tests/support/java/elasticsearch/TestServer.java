import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One node of the Elasticsearch core, for tests. Arguments are settings as name=value, and modules=folder; the setting
 * path.home is needed. The address appears in the file "address" of that folder once it answers.
 */
public final class TestServer {
    private TestServer() {}

    public static void main(String[] arguments) throws Exception {
        Settings.Builder settings = Settings.builder();
        Path modules = null;
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            if (parts[0].equals("modules")) {
                modules = Path.of(parts[1]);
            } else {
                settings.put(parts[0], parts[1]);
            }
        }
        LogConfigurator.registerErrorListener();
        LogConfigurator.configureESLogging();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), null, () -> "test");
        PluginsLoader loader = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(modules, false), Set.of(), Map.of(), false);
        Node node = new Node(environment, loader);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        node.start();
        Path home = Path.of(settings.get("path.home"));
        String address = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().toString();
        Path draft = Files.writeString(home.resolve("address.new"), address);
        Files.move(draft, home.resolve("address"), StandardCopyOption.ATOMIC_MOVE);
        while (System.in.read() >= 0) {
            // whoever started this holds our input open for as long as they live
        }
        System.exit(0);
    }
}
