package dev.martlet.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {

    private static final String ID = "0af7651916cd43dd8448eb211c80319c";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-" + ID + "-b7ad6b7169203331-01",
                "00-" + ID + "-b7ad6b7169203331-00",
                "01-" + ID + "-b7ad6b7169203331-ff",
                "cc-" + ID + "-b7ad6b7169203331-01-what-is-to-come"
            })
    void valid_isTakenOn(String parent) {
        assertEquals(ID, TraceParent.of(parent, "").traceId());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "ff-" + ID + "-b7ad6b7169203331-01",
                "00-" + ID + "-b7ad6b7169203331-01-more",
                "00-" + ID + "-b7ad6b7169203331-01-",
                "01-" + ID + "-b7ad6b7169203331-01.more",
                "00-" + ID + "-0000000000000000-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-" + ID + "-b7ad6b7169203331-1",
                "00-" + ID + "-b7ad6b7169203331",
                " 00-" + ID + "-b7ad6b7169203331-01"
            })
    void invalid_isNone(String parent) {
        assertEquals(TraceParent.NONE, TraceParent.of(parent, "vendor=value"));
    }
}
