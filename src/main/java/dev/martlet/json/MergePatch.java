package dev.martlet.json;
import org.bson.RawBsonDocument;
/// A JSON merge patch, RFC 7396.
public final class MergePatch {
    private MergePatch() {}
    /// Reads a merge patch: a JSON object.
    public static MergePatch parse(byte[] utf8, int offset, int length) {
        return new MergePatch();
    }
    /// The document that the patch makes of `target`.
    public RawBsonDocument apply(RawBsonDocument target) {
        return target;
    }
}
