package dev.martlet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// A private certificate authority that issued the database's certificate.
///
/// The whole process trusts it, beside the authorities of the JVM: `DbClient` takes a URI, and a URI cannot hold
/// one. That is safe for clients that check the host's name in the certificate, as MongoDB's driver does.
final class TlsAuthority {

    private TlsAuthority() {}

    /// @param file certificates in PEM
    /// @throws SettingException if it holds none
    static void trust(Path file) {
        try {
            KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
            all.load(null, null);
            for (Certificate certificate : certificates(file)) {
                all.setCertificateEntry("given-" + all.size(), certificate);
            }
            for (Certificate certificate : ofTheJvm()) {
                all.setCertificateEntry("jvm-" + all.size(), certificate);
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers(all), null);
            SSLContext.setDefault(context);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this JVM has no TLS", e);
        }
    }

    private static Collection<? extends Certificate> certificates(Path file) {
        Collection<? extends Certificate> certificates;
        try (InputStream in = Files.newInputStream(file)) {
            certificates = CertificateFactory.getInstance("X.509").generateCertificates(in);
        } catch (IOException | GeneralSecurityException e) {
            throw new SettingException("MONGO_TLS_CA_FILE=" + file
                    + " cannot be read: give certificates in PEM, in a file that this process may read");
        }
        if (certificates.isEmpty()) {
            throw new SettingException("MONGO_TLS_CA_FILE=" + file
                    + " holds no certificate: give the one of the database's authority, in PEM");
        }
        return certificates;
    }

    private static List<? extends Certificate> ofTheJvm() throws GeneralSecurityException {
        for (TrustManager manager : managers(null)) {
            if (manager instanceof X509TrustManager x509) {
                return List.of(x509.getAcceptedIssuers());
            }
        }
        return List.of();
    }

    private static TrustManager[] managers(@Nullable KeyStore store) throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }
}
