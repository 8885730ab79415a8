package dev.martlet.store;

/// The document takes more than whoever asked for it has room for.
public final class LargerException extends RuntimeException {
    LargerException() {
        super("The document is larger than was asked for.", null, false, false);
    }
}
