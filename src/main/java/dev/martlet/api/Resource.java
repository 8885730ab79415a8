package dev.martlet.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/// Files that stand beside the classes.
final class Resource {

    private Resource() {}

    static byte[] bytes(String name) {
        try (var in = Objects.requireNonNull(Resource.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
