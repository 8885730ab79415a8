package dev.martlet.api;

import dev.martlet.http.Admission;
import dev.martlet.http.Body;
import dev.martlet.http.MemoryBudget;
import dev.martlet.http.Problem;
import dev.martlet.http.Reply;
import dev.martlet.store.LargerException;
import dev.martlet.store.Room;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.bson.RawBsonDocument;

/// How much of the heap requests hold: every figure of the model, and their sum.
///
/// | what | holds | counted |
/// |---|---|---|
/// | a body | its bytes as they arrive, then [#BODY_COPIES] times as many | beyond 16 KiB |
/// | a document that is an answer | [#ANSWER_COPIES] times its BSON | beyond 16 KiB |
/// | … of more than [#SMALL_DOCUMENT_BYTES] | [#READ_COPIES] times more | all, before it is read |
/// | an answer that is being sent | [#SENT_COPIES] times its bytes | beyond 16 KiB |
/// | the documents of a listing, a page's JSON | [#LISTED_COPIES] times their bytes | beyond 64 KiB of BSON |
/// | an upload | [#LINE_COPIES] times its longest line, [#BATCH_COPIES] times what it collects | beyond 64 KiB |
/// | a document or a batch that is just read, whatever its size, one of each at a time | 32 MiB | no |
/// | the changes that all who watch share | a thirty-second part of the heap, and a batch of 16 MiB at most | no |
/// | a watcher that catches up | a batch, from when it is there | beyond 16 KiB |
/// | an open connection | 20 KiB, and the 16 KiB that are not counted | no |
///
/// The heap of the pod has 250 MiB. The counted rows share 83 MiB, and 17 of these are for small requests only. 2
/// 176 connections can take 43 MiB, their uncounted 16 KiB another 34, 256 streams 16 MiB, what is just read 64
/// MiB, and what all watch 8 MiB. The sum is 248 MiB, which is never reached at once.
final class Memory {

    /// An array is held in memory as a whole. MongoDB takes no more than this in one document, and hardly more in a
    /// message.
    static final int MOST_ARRAY_BYTES = 16 << 20;
    /// A page, unless one document alone takes more. Also what an upload collects for one insert.
    static final int BATCH_BYTES = 1 << 20;
    /// A listing is sent in pieces of this size: few writes, and a slow reader holds no more than a piece and a
    /// batch.
    static final int FLUSH_BYTES = 32 * 1024;

    /// A stream always has this much.
    static final int LEAST_BYTES = 64 << 10;

    /// Documents up to this size are read at once. For larger ones the memory is taken first.
    static final int SMALL_DOCUMENT_BYTES = 128 << 10;
    /// A little more than MongoDB's limit.
    static final int MOST_DOCUMENT_BYTES = 17 << 20;

    /// A listing holds its documents and the driver's copy while they come; later one document and its JSON.
    private static final int LISTED_COPIES = 3;
    /// A line, its document and the copy in a command. The document can be several times as large as the line
    /// (`[1,1,…]`).
    private static final int LINE_COPIES = 8;
    /// The collected documents, and the command that sends them.
    private static final int BATCH_COPIES = 4;
    /// The bytes of a body, and up to five times as many bytes of BSON (`[1,1,…]`).
    private static final int BODY_COPIES = 6;
    /// A document in an answer: itself, its JSON in a buffer that has grown, and a copy of the JSON.
    static final int ANSWER_COPIES = 4;
    /// Reading adds the driver's copy. A compare-and-swap adds the old document, and both documents in a command.
    static final int READ_COPIES = 1;
    static final int SWAP_COPIES = 4;
    /// What is left while the answer is sent: its JSON, plain and compressed.
    private static final int SENT_COPIES = 2;

    private final MemoryBudget budget;

    /// @param patience how long a request waits for memory
    Memory(Duration patience) {
        this.budget = new MemoryBudget(Runtime.getRuntime().maxMemory() / 3, patience);
    }

    long size() {
        return budget.size();
    }

    long used() {
        return budget.used();
    }

    /// Work that holds memory until its answer has been sent.
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

    /// For the changes that all who watch share.
    static long ringBytes() {
        return Math.clamp(Runtime.getRuntime().maxMemory() / 32, 1 << 20, 16 << 20);
    }

    /// A share for work that goes on after its handler has answered. It may last, so it counts as large.
    MemoryBudget.Share stream() {
        var share = budget.share();
        share.expect(Long.MAX_VALUE);
        return share;
    }

    /// A share for the events that a watcher is being sent. Most are small.
    MemoryBudget.Share events() {
        return budget.share();
    }

    /// What a listing holds: the documents that it has read and, for a page, the JSON. Most pages are small.
    Listed listed(boolean paged) {
        return new Listed(paged ? budget.share() : stream());
    }

    static final class Listed implements Room, AutoCloseable {

        private final MemoryBudget.Share share;
        private long json;

        private Listed(MemoryBudget.Share share) {
            this.share = share;
        }

        @Override
        public long forBytes(long bytes, long useful, boolean waits) {
            if (useful > bytes) {
                return Math.max(LEAST_BYTES, (share.offer(json + LISTED_COPIES * useful) - json) / LISTED_COPIES);
            }
            if (bytes > LEAST_BYTES) {
                if (waits) {
                    share.hold(json + LISTED_COPIES * bytes);
                } else if (!share.tryHold(json + LISTED_COPIES * bytes)) {
                    return 0;
                }
            }
            return bytes;
        }

        /// Takes the memory for the JSON of a page, before it has so many bytes.
        void json(long bytes) {
            long cost = LISTED_COPIES * bytes;
            if (cost > json) {
                // A quarter more, so that few steps are needed.
                long more = cost + cost / 4 - json;
                share.hold(share.held() + more);
                json += more;
            }
        }

        /// Gives back everything that sending a page does not need.
        void send(int bytes) {
            share.shrinkTo((long) SENT_COPIES * bytes);
        }

        @Override
        public void close() {
            share.close();
        }
    }

    /// Takes the memory for a line of an upload, before it is that long.
    static void line(MemoryBudget.Share share, int bytes) {
        if (bytes > LEAST_BYTES / LINE_COPIES) {
            share.hold((long) LINE_COPIES * bytes);
        }
    }

    /// How many bytes of documents an upload collects for one insert.
    static long batch(MemoryBudget.Share share) {
        return Math.max(LEAST_BYTES, share.offer((long) BATCH_COPIES * BATCH_BYTES) / BATCH_COPIES);
    }

    /// Gives back what a body does not need, now that its documents are known.
    static void parsed(MemoryBudget.Share share, byte[] body, List<RawBsonDocument> documents) {
        share.shrinkTo(body.length
                + 2
                        * documents.stream()
                                .mapToLong(RawBsonDocument::getByteLength)
                                .sum());
    }

    /// The whole body of a request.
    ///
    /// @param cure for a body that is too large
    /// @throws Problem 411 when its length is not announced, 413 when it exceeds `most` bytes
    static byte[] body(ServerRequest request, int most, String cure, MemoryBudget.Share share) throws IOException {
        return Body.read(request, most, cure, BODY_COPIES, share);
    }

    /// What an answer costs that is a document of so many bytes.
    static long answer(int bytes) {
        return (long) ANSWER_COPIES * bytes;
    }

    /// Work on a stored document, of no more than so many bytes.
    @FunctionalInterface
    interface SizedWork {
        Reply answer(int most);
    }

    /// Works on a document whose size nobody knows before it is read. A small one is read at once. For a larger one
    /// the memory is taken first, and then it is read again. Whoever waits for memory holds no document, no place
    /// in admission and no turn at the database.
    ///
    /// @param copies how many times its size a document takes
    static Reply sized(Admission admission, MemoryBudget.Share share, int copies, SizedWork work) {
        long before = share.held();
        int most = SMALL_DOCUMENT_BYTES;
        while (true) {
            long needed;
            try (var _ = admission.request()) {
                return work.answer(most);
            } catch (LargerException e) {
                most = Math.min(MOST_DOCUMENT_BYTES, 8 * most);
                needed = before + (long) copies * most;
            } catch (MemoryBudget.MoreException e) {
                needed = e.bytes();
            }
            share.hold(needed);
        }
    }
}
