package dev.martlet.replicas;

/// What goes wrong with one command.
///
/// @param code of the error
public record Fault(Kind kind, int code) {

    enum Kind {
        NONE,
        CUT_BEFORE,
        CUT_AFTER,
        ERROR,
        WRITE_CONCERN_ERROR
    }

    public static final Fault NONE = new Fault(Kind.NONE, 0);
    /// The connection ends, and the command has no effect.
    public static final Fault CUT_BEFORE = new Fault(Kind.CUT_BEFORE, 0);
    /// The command has its effect on this member, and the connection ends before the answer.
    public static final Fault CUT_AFTER = new Fault(Kind.CUT_AFTER, 0);

    /// The command has no effect.
    public static Fault error(int code) {
        return new Fault(Kind.ERROR, code);
    }

    /// The command has its effect on this member. The answer says that other members may not have it: 64 after
    /// `wtimeout`, 91 in a shutdown, 100 with too few members.
    public static Fault writeConcernError(int code) {
        return new Fault(Kind.WRITE_CONCERN_ERROR, code);
    }
}
