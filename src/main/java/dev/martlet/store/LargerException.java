package dev.martlet.store;

/// The document is too large for the room that its reader has.
public final class LargerException extends RuntimeException {
    LargerException() {
        super("The document is larger than was asked for.", null, false, false);
    }
}
