package dev.martlet.trace;

import java.util.regex.Pattern;

/// The trace to which its sender assigns a request:
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/).
///
/// @param parent a valid `traceparent`, or an empty text
/// @param state  `tracestate`
public record TraceParent(String parent, String state) {

    public static final TraceParent NONE = new TraceParent("", "");

    /// An id of zeros is not valid, and neither is the version ff. A future version may be longer.
    private static final Pattern VALID =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");
    private static final int LENGTH = 55;
    private static final int ID = 3;
    private static final int ID_LENGTH = 32;

    /// @param parent the header; there may be only one
    /// @param state  the header; its parts may come in several
    public static TraceParent of(String parent, String state) {
        boolean valid = VALID.matcher(parent).matches() && (parent.length() == LENGTH || !parent.startsWith("00"));
        return valid ? new TraceParent(parent, state) : NONE;
    }

    /// The id of the trace, 32 hexadecimal digits. Empty if there is none.
    public String traceId() {
        return parent.isEmpty() ? "" : parent.substring(ID, ID + ID_LENGTH);
    }
}
