package dev.martlet.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonUndefined;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// MongoDB's rules of matching, each by documents that it finds and documents that it does not.
class MatcherTest {

    private static List<BsonDocument> documents(String values) {
        return Arrays.stream(values.split(";", -1))
                .map(value -> BsonDocument.parse(value.isBlank() ? "{}" : "{v: " + value + "}"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '§', textBlock = """
        {v: 1}                            | 1 ; 1.0 ; NumberLong(1) ; NumberDecimal('1.00') ; [1] ; [[2], 1]              | '1' ; [[1]] ; {v: 1} ; null ; [] ; true
        {v: 0}                            | 0 ; -0.0 ; NumberDecimal('0E+10') ; NumberDecimal('-0')                       | NumberDecimal('1E-6143') ; 4.9E-324 ; false ; null
        {v: {$gte: 1e22}}                 | 1e22 ; NumberDecimal('1E22') ; 1e300 ; NumberDecimal('Infinity')              | NumberLong('9223372036854775807') ; NaN ; 1
        {v: {$gt: NumberLong('9007199254740992')}} | NumberLong('9007199254740993') ; 9007199254740994.0                  | 9007199254740992.0 ; NumberDecimal('9007199254740992')
        {v: 0.1}                          | 0.1 ; [0.1]                                                                   | NumberDecimal('0.1') ; 0.10000000000000002
        {v: {$lt: 5}}                     | 4 ; -1e300 ; [9, 4] ; NumberDecimal('-Infinity')                              | NaN ; 5 ; '4' ; [] ; null ; {a: 1}
        {v: {$gte: NaN}}                  | NaN ; NumberDecimal('NaN')                                                    | 1 ; Infinity ; null
        {v: {}}                           | {} ; [{}]                                                                     | {a: 1} ; 1 ; [] ; [[]] ; null ;
        {v: {a: 1, b: 2}}                 | {a: 1, b: 2} ; {a: 1.0, b: NumberLong(2)} ; [0, {a: 1, b: 2}]                 | {b: 2, a: 1} ; {a: 1} ; {a: 1, b: 2, c: 3}
        {v: []}                           | [] ; [[]] ; [1, []]                                                           | [1] ; {} ; null
        {v: [1, 2]}                       | [1, 2] ; [[1, 2]] ; [1.0, 2]                                                  | [2, 1] ; [1, 2, 3] ; 1
        {v: {$gt: [1]}}                   | [1, 0] ; [2] ; [[3]] ; [[]]                                                   | [1] ; 5 ; [0, 9] ; []
        {v: null}                         | null ; ; [null] ; [1, null]                                                   | 0 ; [] ; {} ; ''
        {v: {$gte: null}}                 | null ; ; [null]                                                               | 0 ; [1] ; ''
        {v: {$gt: null}}                  |                                                                               | null ; 0
        {v: {$ne: null}}                  | 0 ; [] ; [1]                                                                  | null ; ; [1, null]
        {v: {$ne: 1}}                     | 2 ; [2] ; null ; ; []                                                         | 1 ; [1] ; [2, 1.0]
        {v: {$nin: [1, null]}}            | 2 ; [2] ; []                                                                  | 1 ; null ; ; [3, 1]
        {v: {$in: [1, 'a', [2]]}}         | 1 ; 'a' ; [2] ; [[2]] ; [0, 'a']                                              | 2 ; 'b' ; [[1]]
        {v: {$in: []}}                    |                                                                               | 1 ; null ; [] ;
        {v: {$regex: '[0-9]'}}            | 'a1' ; ['x', '2']                                                             | 1 ; 1.5 ; {a: '1'} ; null ; ; [['1']] ; true
        {v: {$regex: 'a', $ne: 'a'}}      | 'ab'                                                                          | 'a' ; 'b' ; 1
        {v: {$regex: '^A', $options: 'i'}} | 'abc' ; 'ABC'                                                                | 'bA'
        {v: {$regex: 'b$'}}               | 'ab' ; 'ab\\n'                                                                | 'ba' ; 'b\\nc'
        {v: {$regex: '^b$', $options: 'm'}} | 'a\\nb' ; 'b\\nc'                                                           | 'ab'
        {v: {$not: {$regex: 'a'}}}        | 'b' ; 1 ; null ; ; []                                                         | 'a' ; ['b', 'a']
        {v: {$mod: [4, 1]}}               | 1 ; 5.9 ; NumberLong('9223372036854775805') ; NumberDecimal('5.5') ; [2, 9]   | 2 ; -3 ; '1' ; NaN ; 1e30 ; NumberDecimal('1E30')
        {v: {$mod: [4, -3]}}              | -3 ; -7.5 ; NumberDecimal('-3')                                               | 1 ; 3
        {v: {$all: [1, 2]}}               | [2, 1] ; [1, 2, 3] ; [[1], 2, 1]                                              | 1 ; [1] ; [[1, 2]]
        {v: {$all: [{a: 1}]}}             | {a: 1} ; [{a: 1}, 2]                                                          | {a: 1, b: 2} ; [{a: 2}]
        {v: {$all: [[1]]}}                | [1] ; [[1]]                                                                   | 1 ; [2]
        {v: {$all: []}}                   |                                                                               | 1 ; [] ; null
        {v: {$all: [{$elemMatch: {a: 1}}, {$elemMatch: {a: 2}}]}} | [{a: 1}, {a: 2}]                                      | [{a: 1}] ; {a: 1}
        {v: {$exists: true}}              | 0 ; null ; [] ; {}                                                            |
        {v: {$exists: false}}             |                                                                               | 0 ; null ; []
        {v: {$size: 1}}                   | [1] ; [[]]                                                                    | [] ; [1, 2] ; 1 ; [[1], 2] ; {a: 1}
        {v: {$type: 'array'}}             | [] ; [[]]                                                                     | 1 ; {}
        {v: {$type: 'number'}}            | 1 ; 1.5 ; NumberDecimal('1') ; ['a', 1]                                       | '1' ; null ; [[1]]
        {v: {$type: ['string', 'null']}}  | 'a' ; null ; [null]                                                           | 1 ;
        {v: {$elemMatch: {$gt: 1, $lt: 4}}} | [2] ; [5, 3]                                                                | [0, 5] ; 2 ; [[2]] ; []
        {v: {$elemMatch: {a: 1, b: 2}}}   | [{a: 1, b: 2}]                                                                | [{a: 1}, {b: 2}] ; {a: 1, b: 2}
        {v: {$elemMatch: {'0': 1}}}       | [[1, 2]]                                                                      | [1] ; [[2, 1]]
        {v: {$elemMatch: {$not: {$gt: 1}}}} | [2, 1] ; ['a']                                                              | [2] ; []
        {v: {$not: {$gt: 1}}}             | 1 ; 'a' ; null ; ; [0, 1]                                                     | 2 ; [0, 2]
        {v: {$not: {$size: 1}}}           | [] ; 1 ; null                                                                 | [1]
        {'v.a': 1}                        | {a: 1} ; [{a: 1}] ; {a: [1]} ; [0, {a: [2, 1]}]                               | 1 ; [[{a: 1}]] ; {b: 1} ; null
        {'v.a': null}                     | {a: null} ; {} ; 1 ; null ; ; [{}] ; [{a: 1}, {}]                             | [] ; [1, 2] ; [{a: 1}] ; {a: 1}
        {'v.a': {$exists: false}}         | {} ; 1 ; [] ; [1] ; [{b: 1}]                                                  | {a: null} ; [{a: 1}, {}]
        {'v.a': {$ne: 1, $exists: true}}  | {a: 2} ; [{a: 2}, {}]                                                         | {a: 1} ; [{a: 1}, {a: 2}] ; {} ; [] ; 1
        {'v.a': {$nin: [1], $gt: 0}}      | {a: 2} ; [{a: 2}]                                                             | [{a: 1}, {a: 2}] ; {a: 0}
        {'v.a': {$not: {$gt: 1}}}         | [{a: 1}] ; [] ; {} ; 5                                                        | [{a: 1}, {a: 2}]
        {'v.0': 1}                        | [1, 2] ; {'0': 1} ; [{'0': 1}]                                                | [2, 1] ; [[1]] ; 1
        {'v.1.a': 1}                      | [0, {a: 1}] ; [0, [{a: 1}]] ; {'1': {a: 1}}                                   | [{a: 1}] ; [[0, {a: 1}]]
        {'v.0.0': 1}                      | [[1]] ; [{'0': 1}]                                                            | [1] ; [[[1]]]
        {'v.a.b': 1}                      | {a: {b: 1}} ; [{a: [{b: 1}]}]                                                 | {a: [[{b: 1}]]} ; {'a.b': 1}
        {v: {$gt: MinKey()}}              | 1 ; null ; 'a' ;                                                              | MinKey()
        {v: {$lt: MaxKey()}}              | 1 ; null ; 'a'                                                                | MaxKey()
        {v: {$lt: true}}                  | false                                                                         | true ; 0 ; null
        {v: {$gt: 'a'}}                   | 'b' ; 'a\\u0000' ; ['0', 'é']                                                 | 'a' ; 'B' ; 5 ; {}
        {v: {$lt: {a: 2}}}                | {a: 1} ; {} ; {a: -5, z: 1}                                                   | {a: 2} ; {b: 0} ; 1 ; {a: 'x'}
        {$or: [{v: 1}, {v: 'a'}]}         | 1 ; 'a' ; [0, 'a']                                                            | 2
        {$nor: [{v: 1}, {v: 'a'}]}        | 2 ; null ;                                                                    | 1 ; 'a'
        {$and: [{v: {$gt: 1}}, {v: {$lt: 4}}]} | 2 ; [0, 5]                                                               | 5 ; 1
        {$expr: {$lte: [{$bsonSize: '$$ROOT'}, 14]}} | 'a' ; 1                                                            | 'abc' ; {a: 1}
        """)
    void filter_findsAsMongoDbDoes(String filter, String found, String notFound) {
        Matcher matcher = Matcher.parse(BsonDocument.parse(filter));
        if (found != null) {
            documents(found)
                    .forEach(each ->
                            assertEquals(true, matcher.matches(Documents.raw(each)), filter + " finds " + each));
        }
        if (notFound != null) {
            documents(notFound)
                    .forEach(each ->
                            assertEquals(false, matcher.matches(Documents.raw(each)), filter + " misses " + each));
        }
    }

    @Test
    void undefined_equalsNull() {
        var undefined = Documents.raw(new BsonDocument("v", new BsonUndefined()));
        assertEquals(true, Matcher.parse(BsonDocument.parse("{v: null}")).matches(undefined));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '§', textBlock = """
        {v: {$regex: '(a)\\\\1'}}    | Regular expression is invalid, or not one of RE2: invalid escape sequence
        {v: {$regex: '(?=a)'}}       | Regular expression is invalid, or not one of RE2: invalid or unsupported Perl syntax
        {v: {$near: 1}}              | unknown operator: $near
        {$where: '1'}                | unknown operator: $where
        {v: {$in: 1}}                | $in needs an array
        {$or: []}                    | $or must be a nonempty array
        {v: {$mod: [0, 1]}}          | divisor cannot be 0
        {v: {$not: 1}}               | $not needs a regex or a document of operators
        """)
    void filter_isRefused(String filter, String message) {
        BsonDocument query = BsonDocument.parse(filter);
        assertEquals(
                message,
                assertThrows(CommandFailure.class, () -> Matcher.parse(query)).getMessage());
    }
}
