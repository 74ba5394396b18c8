import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.PluginInfo;

/**
 * One node of OpenSearch from the class path, for tests. Arguments are settings as name=value, and plugin=class for each
 * module; the setting path.home is needed. The address appears in the file "address" of that folder once it answers.
 */
public final class TestServer extends Node {
    private TestServer(Environment environment, List<PluginInfo> modules) {
        super(environment, modules, true);
    }

    public static void main(String[] arguments) throws Exception {
        Settings.Builder settings = Settings.builder();
        List<PluginInfo> modules = new ArrayList<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            if (parts[0].equals("plugin")) {
                modules.add(module(parts[1]));
            } else {
                settings.put(parts[0], parts[1]);
            }
        }
        LogConfigurator.registerErrorListener();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(settings.build(), java.util.Map.of(), null, () -> "test");
        TestServer node = new TestServer(environment, modules);
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

    private static PluginInfo module(String name) throws ClassNotFoundException {
        Class.forName(name).asSubclass(Plugin.class);
        return new PluginInfo(name, "module", Version.CURRENT.toString(), Version.CURRENT, "21", name, null, List.of(), false);
    }
}
