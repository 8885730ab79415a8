package dev.martlet.api;

import dev.martlet.store.Deadline;
import java.time.Duration;

/// What one request may take, and all requests together.
///
/// @param maxBodyBytes          the largest document
/// @param maxConcurrentRequests how many requests of `/data` may run at once; half as many streams come on top
/// @param requestTimeout        for the database part of a request
public record Limits(int maxBodyBytes, int maxConcurrentRequests, Duration requestTimeout) {

    /// The cure for a document that is too large.
    static final String SMALLER = "send a smaller document, or raise `MAX_BODY_BYTES`";

    /// The deadline of a request whose database part begins now.
    Deadline deadline() {
        return Deadline.in(requestTimeout);
    }
}
