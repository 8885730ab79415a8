@NullMarked
package dev.martlet;

import org.jspecify.annotations.NullMarked;
