/// The documents: their links lead somewhere, and their examples are true.
@NullMarked
package dev.martlet.documents;

import org.jspecify.annotations.NullMarked;
