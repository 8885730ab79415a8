package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.mongodb.ConnectionString;
import com.mongodb.MongoCredential;
import dev.martlet.Settings.Credentials;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DatabaseTest {

    private static final String DEFAULTS =
            "timeoutMS=15000&serverSelectionTimeoutMS=2000&connectTimeoutMS=2000&maxConnecting=8&minPoolSize=2&w=majority&appName=martlet";

    private static String completed(String uri) {
        return Database.uriWithDefaults(uri, Duration.ofSeconds(15));
    }

    @Test
    void uri_getsTheDefaultsThatItDoesNotSet() {
        assertEquals("mongodb://h/?" + DEFAULTS, completed("mongodb://h"));
        assertEquals("mongodb://h/?" + DEFAULTS, completed("mongodb://h/"));
        assertEquals("mongodb://h/db?" + DEFAULTS, completed("mongodb://h/db"));
        assertEquals(
                "mongodb://h/?maxPoolSize=1&" + DEFAULTS.replace("minPoolSize=2", "minPoolSize=1"),
                completed("mongodb://h/?maxPoolSize=1"));
        assertEquals("mongodb://h/db?W=1&" + DEFAULTS.replace("&w=majority", ""), completed("mongodb://h/db?W=1"));
        assertEquals(
                "mongodb://h/?timeoutms=1&replicaSet=r&" + DEFAULTS.replace("timeoutMS=15000&", ""),
                completed("mongodb://h/?timeoutms=1&replicaSet=r"));
    }

    @Test
    void connections_areTheUrisOrTheDriversDefault() {
        assertEquals(100, Database.connections("mongodb://h"));
        assertEquals(7, Database.connections("mongodb://h/?maxPoolSize=7"));
        assertEquals(Integer.MAX_VALUE, Database.connections("mongodb://h/?maxPoolSize=0"));
    }

    @Test
    void credentials_withSpecialCharacters_reachTheDriverAsTheyAre() {
        var credentials = new Credentials("us er@", "@:/%${HOME}$1\\ +p");
        MongoCredential credential =
                credential(completed(Database.withCredentials("mongodb://h/app", Optional.of(credentials))));

        assertEquals("us er@", credential.getUserName());
        assertEquals("@:/%${HOME}$1\\ +p", password(credential));
        assertEquals("app", credential.getSource());
    }

    @Test
    void credentials_honourTheUrisAuthSource() {
        var credentials = new Credentials("u", "p");
        MongoCredential credential =
                credential(Database.withCredentials("mongodb://h/app?authSource=users", Optional.of(credentials)));

        assertEquals("users", credential.getSource());
    }

    private static MongoCredential credential(String uri) {
        return Objects.requireNonNull(new ConnectionString(uri).getCredential());
    }

    private static String password(MongoCredential credential) {
        return new String(Objects.requireNonNull(credential.getPassword()));
    }
}
