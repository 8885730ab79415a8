/// Strict JSON text to BSON bytes and back, and merge patch. Knows no HTTP and no database.
@NullMarked
package dev.martlet.json;

import org.jspecify.annotations.NullMarked;
