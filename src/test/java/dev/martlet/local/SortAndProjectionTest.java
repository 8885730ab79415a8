package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SortAndProjectionTest {

    /// The values are given in the order in which they are expected.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '§', textBlock = """
        {v: 1}        | {v: MinKey()} ; {v: []} ; {} ; {v: NaN} ; {v: [-1, 'z']} ; {v: NumberDecimal('1E-6143')} ; {v: 4.9E-324} ; {v: 1} ; {v: 'A'} ; {v: 'a'} ; {v: {}} ; {v: {a: 1}} ; {v: [[]]} ; {v: [[1]]} ; {v: false} ; {v: true}
        {v: -1}       | {v: true} ; {v: [[1]]} ; {v: {a: 1}} ; {v: [-1, 'z']} ; {v: 'a'} ; {v: NumberLong('9223372036854775807')} ; {v: 1} ; {v: null} ; {v: []}
        {'v.0': -1}   | {v: [[1, 2]]} ; {v: [[0, 9]]} ; {v: {'0': [2, 8]}} ; {v: [3, 9]} ; {v: {'0': 1}} ; {v: [0, 9]} ; {v: 5} ; {v: [[], 9]}
        {'v.2': 1}    | {v: [[1, 2, 5]]} ; {v: [{'2': 5}]} ; {v: [[1, 2, 5], [3, 4, 6], [0, 1, 2]]}
        {'v.0.a': 1}  | {v: [[{a: 1}, {a: 8}]]} ; {v: [{a: [7, 2]}]} ; {v: [{a: 3}, {a: 0}]} ; {v: [{a: [[0]]}]}
        {'v.0.1': 1}  | {v: [[7]]} ; {v: [[7, 1], [7, 0]]} ; {v: [{'1': 2}]} ; {v: [[7, [0]]]}
        {'w.v.0': 1}  | {w: [{v: [1]}, {v: [[0]]}]} ; {w: [{v: [2]}]} ; {w: {v: [[1]]}}
        {'v.0.a': 1, 'v.b': 1} | {v: [{a: [5, 1], b: 3}, {b: 2}]} ; {v: [{a: 1, b: 4}]} ; {v: [{a: 2}]}
        {'v.a': 1}    | {v: [{a: []}]} ; {v: 1} ; {v: [{a: 0}, {a: 9}]} ; {v: {a: 1}} ; {v: [{a: 2}]}
        {v: 1, w: -1} | {v: 1, w: 5} ; {v: 1, w: 2} ; {v: 1} ; {v: 2, w: 9}
        {'v.a': 1, 'v.b': 1} | {v: [{a: 1, b: 5}, {a: 2, b: 0}]} ; {v: [{a: 1, b: 6}]} ; {v: [{a: 2, b: 0}]}
        """)
    void documents_sortAsInMongoDb(String sort, String documents) {
        SortKey key = SortKey.parse(BsonDocument.parse(sort));
        List<BsonDocument> expected = Arrays.stream(documents.split(" ; ", -1))
                .map(BsonDocument::parse)
                .toList();
        Comparator<BsonDocument> order = (a, b) -> key.compare(key.of(Documents.raw(a)), key.of(Documents.raw(b)));
        assertEquals(expected, expected.reversed().stream().sorted(order).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '§', textBlock = """
        {v: 1, w: 1}         | {v: [1], w: [1]}           | cannot sort with keys that are parallel arrays
        {'v.0': 1, w: 1}     | {v: [1], w: [1]}           | cannot sort with keys that are parallel arrays
        {'v.0.a': 1, 'v.a': 1} | {v: [{a: [1]}, {a: [1]}]} | cannot sort with keys that are parallel arrays
        {'v.0': 1}           | {v: [1, {'0': 1}]}         | ambiguous in an array: 0 is a place and a name
        """)
    void documentWithoutSingleKey_isRefused(String sort, String document, String message) {
        SortKey key = SortKey.parse(BsonDocument.parse(sort));
        assertEquals(
                message,
                assertThrows(CommandFailure.class, () -> key.of(Documents.raw(BsonDocument.parse(document))))
                        .getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '§', textBlock = """
        {v: 1}               | {_id: 1, v: {a: 1}, w: 2}                        | {_id: 1, v: {a: 1}}
        {'v.x': 1}           | {_id: 1, v: [{x: 1, y: 2}, 3, [{x: 4}, 5], {}]}  | {_id: 1, v: [{x: 1}, [{x: 4}], {}]}
        {'v.x': 1}           | {_id: 1, v: 5}                                   | {_id: 1}
        {'v.x': 1, 'v.z': 1} | {_id: 1, v: {z: 1, y: 2, x: 3}}                  | {_id: 1, v: {z: 1, x: 3}}
        {'v.0': 1}           | {_id: 1, v: [1, {'0': 2}]}                       | {_id: 1, v: [{'0': 2}]}
        {_id: 1}             | {_id: 1, v: 2}                                   | {_id: 1}
        {_id: 0, v: 1}       | {_id: 1, v: 2, w: 3}                             | {v: 2}
        {v: 0}               | {_id: 1, v: 2, w: 3}                             | {_id: 1, w: 3}
        {'v.x': 0}           | {_id: 1, v: [{x: 1, y: 2}, 3]}                   | {_id: 1, v: [{y: 2}, 3]}
        {_id: 0}             | {_id: 1, v: 2}                                   | {v: 2}
        """)
    void projection_selects(String fields, String document, String expected) {
        Projection projection = Objects.requireNonNull(Projection.parse(BsonDocument.parse(fields)));
        BsonValue projected = projection.of(Documents.raw(BsonDocument.parse(document)));
        assertEquals(BsonDocument.parse(expected), Documents.decoded(Documents.raw(projected.asDocument())));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '§', textBlock = """
        {v: 1, 'v.x': 1}
        {'v.x': 1, v: 1}
        {v: 1, w: 0}
        {v: '$w'}
        """)
    void projection_isRefused(String fields) {
        assertThrows(CommandFailure.class, () -> Projection.parse(BsonDocument.parse(fields)));
    }
}
