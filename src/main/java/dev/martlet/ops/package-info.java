@NullMarked
package dev.martlet.ops;

import org.jspecify.annotations.NullMarked;
