package dev.martlet.api;

import dev.martlet.store.Deadline;
import java.time.Duration;

/// What one request, and all of them together, may take.
///
/// @param maxBodyBytes          the largest document
/// @param maxConcurrentRequests of `/data`, at once; and half as many streams
/// @param requestTimeout        for the database part of a request
public record Limits(int maxBodyBytes, int maxConcurrentRequests, Duration requestTimeout) {

    /// That of a request whose database part begins now.
    Deadline deadline() {
        return Deadline.in(requestTimeout);
    }
}
