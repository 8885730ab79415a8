package dev.martlet.store;

/// MongoDB understood the document and will not store it. The message says why, and what to change.
public final class RejectedException extends RuntimeException {
    RejectedException(String message) {
        super(message, null, false, false);
    }
}
