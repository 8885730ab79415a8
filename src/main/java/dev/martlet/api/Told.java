package dev.martlet.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.martlet.json.JsonWriter;
import dev.martlet.store.Changed;
import java.util.Locale;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/// A change as a [server-sent event](https://html.spec.whatwg.org/multipage/server-sent-events.html). It is made
/// once for all watchers.
///
/// ```
/// event: inserted
/// id: 8269…
/// data: {"_id":"ada","age":36}
/// ```
///
/// @param place    the place of the change, which is the event's `id`
/// @param document for filters; empty after a deletion
@SuppressWarnings("ArrayRecordComponent") // Bytes on their way out: nobody compares them.
record Told(String place, byte[] event, Optional<RawBsonDocument> document) {

    static Told of(Changed change) {
        var json = new JsonWriter();
        json.document(change.document()
                .orElseGet(() -> new RawBsonDocument(new BsonDocument("_id", change.id()), new BsonDocumentCodec())));
        json.raw((byte) '\n');
        json.raw((byte) '\n');
        byte[] data = json.toByteArray();
        byte[] head = ("event: " + change.what().name().toLowerCase(Locale.ROOT) + "\nid: " + change.place()
                        + "\ndata: ")
                .getBytes(UTF_8);
        byte[] event = new byte[head.length + data.length];
        System.arraycopy(head, 0, event, 0, head.length);
        System.arraycopy(data, 0, event, head.length, data.length);
        return new Told(change.place(), event, change.document());
    }

    /// About how much of the heap it takes.
    int bytes() {
        return 100
                + place.length()
                + event.length
                + document.map(RawBsonDocument::getByteLength).orElse(0);
    }
}
