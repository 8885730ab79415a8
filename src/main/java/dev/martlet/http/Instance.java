package dev.martlet.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Optional;

/// The instance that answers, and its version.
///
/// ```
/// X-Served-By: martlet-5d4f8c7b9-x2x4z 20261121T101500Z-0123456789ab
/// ```
///
/// @param header the header of every answer; empty for an instance without a name
public record Instance(Optional<String> name, String version, Instant started, Optional<Header> header) {

    static final HeaderName HEADER = HeaderNames.create("X-Served-By");

    /// This process.
    ///
    /// @param name visible ASCII, like the version
    public static Instance of(Optional<String> name, String version) {
        return new Instance(
                name,
                version,
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                name.map(named -> HeaderValues.create(HEADER, named + " " + version)));
    }

    /// `GET /who`. It closes the connection, so that the next call may reach another instance.
    public Reply who(ServerRequest request) {
        var members = new LinkedHashMap<String, Object>();
        members.put("servedBy", name.orElse(""));
        members.put("version", version);
        members.put("started", started);
        return Reply.json(Status.OK_200, SmallJson.of(members))
                .with(HeaderNames.CONNECTION, "close")
                .with(HeaderNames.CACHE_CONTROL, "no-store");
    }
}
