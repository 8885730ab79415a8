package dev.martlet.store;

/// MongoDB understood the document or the query, and will not have it. The message says why, and what to change.
public final class RejectedException extends RuntimeException {
    RejectedException(String message) {
        super(message, null, false, false);
    }
}
