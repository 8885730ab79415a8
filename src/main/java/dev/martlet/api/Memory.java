package dev.martlet.api;

import dev.martlet.http.Body;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.time.Duration;
import org.bson.RawBsonDocument;

/// What requests hold of the heap: every figure of the model, and the sum that they make.
///
/// | what | holds | of it counted |
/// |---|---|---|
/// | a body | [#BODY_COPIES] times its bytes | beyond 16 KiB |
/// | a document that is an answer | [#ANSWER_COPIES] times its BSON | beyond 16 KiB |
/// | an answer that is being sent | [#SENT_COPIES] times its bytes | beyond 16 KiB |
/// | a listing, a page or an upload | [#STREAM_BYTES] | all |
/// | an open connection | 20 KiB, and up to 16 KiB that are not counted | nothing |
///
/// In the pod, whose heap has 250 MiB: 125 MiB are given out to what is counted, which are 31 streams, or 20 bodies of
/// 1 MiB; 2 176 connections may take 43 MiB, and their uncounted 16 KiB another 34. The sum is 202 MiB; the rest is for
/// the service itself.
final class Memory {

    /// An array is held in memory as a whole; MongoDB takes no more than this in one document, and hardly more in a
    /// message.
    static final int MOST_ARRAY_BYTES = 16 << 20;
    /// A page, unless one document alone takes more; and what an upload collects for one insert.
    static final int BATCH_BYTES = 1 << 20;
    /// When so much of a listing is ready it is sent: few writes, and a slow reader holds no more than this and a
    /// batch.
    static final int FLUSH_BYTES = 32 * 1024;

    /// Up to 2 MiB of documents, and of one of them its JSON in a buffer that has grown; or, while they come, two of 1
    /// MiB and the driver's copy.
    static final int STREAM_BYTES = 4 << 20;

    /// What the bytes of a body cost in all: themselves, and up to five times as many of BSON (`[1,1,…]`).
    private static final int BODY_COPIES = 6;
    /// What a document costs that is an answer: itself, its JSON in a buffer that has grown, and a copy of that.
    private static final int ANSWER_COPIES = 4;
    /// What is left of it while it is sent: JSON, also compressed.
    private static final int SENT_COPIES = 2;

    private final MemoryBudget budget;

    /// @param patience how long a request waits for memory
    Memory(Duration patience) {
        // Half of the heap: the other half is for everything that is not counted.
        this.budget = new MemoryBudget(Runtime.getRuntime().maxMemory() / 2, patience);
    }

    /// Work that takes memory, until its answer has been sent.
    @FunctionalInterface
    interface Work {
        Reply answer(MemoryBudget.Share share) throws IOException;
    }

    Reply holding(Work work) throws IOException {
        var share = budget.share();
        boolean answered = false;
        try {
            Reply reply = work.answer(share).holding(share);
            if (reply.body() instanceof Reply.Body.Bytes(byte[] bytes, String _)) {
                share.shrinkTo((long) SENT_COPIES * bytes.length);
            }
            answered = true;
            return reply;
        } finally {
            if (!answered) {
                share.close();
            }
        }
    }

    /// A share for what is not over when its handler has answered.
    MemoryBudget.Share stream() {
        var share = budget.share();
        share.await(STREAM_BYTES);
        return share;
    }

    /// The whole body of a request.
    ///
    /// @throws Problem 411 when its length is not announced, 413 when it exceeds `most` bytes
    static byte[] body(ServerRequest request, int most, MemoryBudget.Share share) throws IOException {
        return Body.read(request, most, BODY_COPIES, share);
    }

    /// What an answer that is this document costs.
    static long cost(RawBsonDocument document) {
        return (long) ANSWER_COPIES * document.getByteLength();
    }
}
