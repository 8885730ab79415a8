package dev.martlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.ConnectionString;
import com.mongodb.MongoCredential;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MongoUriTest {

    private static final String DEFAULTS =
            "timeoutMS=15000&serverSelectionTimeoutMS=2000&connectTimeoutMS=2000&maxConnecting=8&minPoolSize=2&w=majority&appName=martlet&"
                    + "retryReads=false&retryWrites=false";

    private static String completed(String uri) {
        return MongoUri.complete(uri, Duration.ofSeconds(15));
    }

    @Test
    void uri_getsTheDefaultsThatItDoesNotSet() {
        assertEquals("mongodb://h/?" + DEFAULTS, completed("mongodb://h"));
        assertEquals("mongodb://h/?" + DEFAULTS, completed("mongodb://h/"));
        assertEquals("mongodb://h/db?" + DEFAULTS, completed("mongodb://h/db"));
        assertEquals(
                "mongodb://h/?maxPoolSize=1&" + DEFAULTS.replace("minPoolSize=2", "minPoolSize=1"),
                completed("mongodb://h/?maxPoolSize=1"));
        assertEquals(
                "mongodb://h/db?W=majority&" + DEFAULTS.replace("&w=majority", ""),
                completed("mongodb://h/db?W=majority"));
        assertEquals(
                "mongodb://h/?timeoutms=1&replicaSet=r&" + DEFAULTS.replace("timeoutMS=15000&", ""),
                completed("mongodb://h/?timeoutms=1&replicaSet=r"));
    }

    /// The store repeats operations itself, with a limit, with pauses, and under one transaction number.
    @Test
    void uri_neverLetsTheDriverRepeat() {
        assertEquals(
                "mongodb://h/?replicaSet=r&" + DEFAULTS,
                completed("mongodb://h/?retryWrites=true&replicaSet=r&RETRYREADS=true"));
        assertTrue(MongoUri.retryWrites("mongodb://h"));
        assertFalse(MongoUri.retryWrites("mongodb://h/?retryWrites=false"));
    }

    @Test
    void option_thatWouldBreakAPromise_isNamedWithIt() {
        assertEquals(Optional.empty(), brokenPromise("w=majority&readPreference=primary&readConcernLevel=majority"));
        for (String w : List.of("w=0", "w=1", "w=2", "w=tag")) {
            assertEquals(
                    Optional.of("w other than majority, so that an acknowledged write could be lost"),
                    brokenPromise(w));
        }
        assertEquals(
                Optional.of("journal=false, so that an acknowledged write could be lost"),
                brokenPromise("w=majority&journal=false"));
        for (String mode : List.of("primaryPreferred", "secondary", "secondaryPreferred", "nearest")) {
            assertEquals(
                    Optional.of("readPreference other than primary, so that what was POSTed might not be what is GET"),
                    brokenPromise("readPreference=" + mode));
        }
        assertEquals(
                Optional.of("readConcernLevel other than majority, so that what was GET could be rolled back"),
                brokenPromise("readConcernLevel=local"));
    }

    private static Optional<String> brokenPromise(String options) {
        return MongoUri.brokenPromise(new ConnectionString("mongodb://h/?" + options));
    }

    @Test
    void connections_areTheUrisOrTheDriversDefault() {
        assertEquals(100, MongoUri.connections("mongodb://h"));
        assertEquals(7, MongoUri.connections("mongodb://h/?maxPoolSize=7"));
        assertEquals(Integer.MAX_VALUE, MongoUri.connections("mongodb://h/?maxPoolSize=0"));
    }

    @Test
    void credentials_withSpecialCharacters_reachTheDriverAsTheyAre() {
        var credentials = new Credentials("us er@", "@:/%${HOME}$1\\ +p");
        MongoCredential credential =
                credential(completed(MongoUri.withCredentials("mongodb://h/app", Optional.of(credentials))));

        assertEquals("us er@", credential.getUserName());
        assertEquals("@:/%${HOME}$1\\ +p", password(credential));
        assertEquals("app", credential.getSource());
    }

    @Test
    void credentials_honourTheUrisAuthSource() {
        var credentials = new Credentials("u", "p");
        MongoCredential credential =
                credential(MongoUri.withCredentials("mongodb://h/app?authSource=users", Optional.of(credentials)));

        assertEquals("users", credential.getSource());
    }

    private static MongoCredential credential(String uri) {
        return Objects.requireNonNull(new ConnectionString(uri).getCredential());
    }

    private static String password(MongoCredential credential) {
        return new String(Objects.requireNonNull(credential.getPassword()));
    }
}
