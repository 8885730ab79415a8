package dev.martlet.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/// Files beside the classes that use them.
public final class Resource {

    private Resource() {}

    /// @param beside a class in the package of the file
    public static byte[] bytes(Class<?> beside, String name) {
        try (var in = Objects.requireNonNull(beside.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
