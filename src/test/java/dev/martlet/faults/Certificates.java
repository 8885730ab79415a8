package dev.martlet.faults;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// A private authority, and the certificates that it issues, made with the JDK's `keytool`.
final class Certificates {

    private static final String PASSWORD = "changeit";

    private final Path folder;
    private final Path authority;

    Certificates(Path folder) throws Exception {
        this.folder = folder;
        this.authority = folder.resolve("authority.pem");
        keytool("authority", "-genkeypair", "-keyalg", "EC", "-dname", "CN=A private authority", "-ext", "bc:c");
        keytool("authority", "-exportcert", "-rfc", "-file", authority.toString());
    }

    /// Its certificate, in PEM.
    Path authority() {
        return authority;
    }

    /// For a server whose certificate names this address.
    SSLContext serverOf(String address) throws Exception {
        Path request = folder.resolve(address + ".request");
        Path certificate = folder.resolve(address + ".pem");
        keytool(address, "-genkeypair", "-keyalg", "EC", "-dname", "CN=A database");
        keytool(address, "-certreq", "-file", request.toString());
        keytool(
                "authority",
                "-gencert",
                "-rfc",
                "-infile",
                request.toString(),
                "-outfile",
                certificate.toString(),
                "-ext",
                "san=ip:" + address);
        Path chain = folder.resolve(address + ".chain");
        Files.writeString(chain, Files.readString(certificate) + Files.readString(authority));
        keytool(address, "-importcert", "-noprompt", "-file", chain.toString());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store(address))) {
            keys.load(in, PASSWORD.toCharArray());
        }
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    private Path store(String name) {
        return folder.resolve(name + ".p12");
    }

    private void keytool(String name, String command, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                command,
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-keystore",
                store(name).toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
        if (!List.of(arguments).contains("-alias")) {
            line.addAll(List.of("-alias", name));
        }
        line.addAll(List.of(arguments));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = process.inputReader().readAllAsString();
        if (process.waitFor() != 0) {
            throw new IOException(line + ": " + output);
        }
    }
}
