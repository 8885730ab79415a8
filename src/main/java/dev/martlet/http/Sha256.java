package dev.martlet.http;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// SHA-256, which every JDK has.
public final class Sha256 {

    /// Each request takes a copy. Looking the algorithm up among the providers each time is more code to run, and to
    /// compile in a pod's first seconds.
    private static final MessageDigest FRESH = fresh();

    private Sha256() {}

    /// The digest of all the parts, one after the other.
    public static byte[] of(Iterable<ByteBuffer> parts) {
        MessageDigest sha = digest();
        parts.forEach(part -> {
            // Large parts should not keep the others from the processor.
            for (int end = part.limit(); part.position() < end; Slices.next(part.position())) {
                part.limit(Math.min(end, part.position() + Slices.BYTES));
                sha.update(part);
            }
        });
        return sha.digest();
    }

    public static byte[] of(byte[] bytes) {
        return digest().digest(bytes);
    }

    private static MessageDigest digest() {
        try {
            return (MessageDigest) FRESH.clone();
        } catch (CloneNotSupportedException e) {
            return fresh();
        }
    }

    private static MessageDigest fresh() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
