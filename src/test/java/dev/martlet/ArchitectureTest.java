package dev.martlet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.commons.annotation.Testable;

/// One direction of dependencies, `App → api → {http, json, store}`, `ops → store → json`, `{http, store} → trace`,
/// and no circles on the way.
class ArchitectureTest {

    private static final Pattern IMPORT = Pattern.compile("\\bdev\\.martlet\\.([a-z]+)\\.[A-Z]\\w*");
    private static final JavaClasses MARTLET = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.martlet");

    @Test
    void packages_dependInOneDirection() {
        Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.martlet..")
                .layer("app")
                .definedBy("dev.martlet")
                .layer("api")
                .definedBy("dev.martlet.api")
                .layer("http")
                .definedBy("dev.martlet.http")
                .layer("json")
                .definedBy("dev.martlet.json")
                .layer("store")
                .definedBy("dev.martlet.store")
                .layer("ops")
                .definedBy("dev.martlet.ops")
                .layer("local")
                .definedBy("dev.martlet.local")
                .layer("trace")
                .definedBy("dev.martlet.trace")
                .whereLayer("app")
                .mayOnlyAccessLayers("api", "http", "store", "ops", "local", "trace")
                .whereLayer("api")
                .mayOnlyAccessLayers("http", "json", "store")
                .whereLayer("http")
                .mayOnlyAccessLayers("trace")
                .whereLayer("json")
                .mayNotAccessAnyLayer()
                // `json` only for what an `_id` is.
                .whereLayer("store")
                .mayOnlyAccessLayers("json", "trace")
                .whereLayer("trace")
                .mayNotAccessAnyLayer()
                .whereLayer("ops")
                .mayOnlyAccessLayers("store")
                .whereLayer("local")
                .mayNotAccessAnyLayer()
                .ensureAllClassesAreContainedInArchitecture()
                .check(MARTLET);
    }

    /// The compiler inlines constants, for example. Then only the source file shows the dependency.
    @Test
    void imports_areThoseThatTheDirectionAllows() throws IOException {
        var allowed = Map.of(
                "api", Set.of("http", "json", "store"),
                "http", Set.of("trace"),
                "json", Set.of(),
                "store", Set.of("json", "trace"),
                "trace", Set.of(),
                "ops", Set.of("store"),
                "local", Set.of());
        var wrong = new ArrayList<String>();
        for (var room : allowed.entrySet()) {
            try (var files = Files.list(Path.of("src/main/java/dev/martlet", room.getKey()))) {
                for (Path file : files.toList()) {
                    var imports = IMPORT.matcher(Files.readString(file));
                    while (imports.find()) {
                        String other = imports.group(1);
                        if (!other.equals(room.getKey()) && !room.getValue().contains(other)) {
                            wrong.add(room.getKey() + "/" + file.getFileName() + " uses " + imports.group());
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    /// Inside packages too: everybody can read a file after the files that it uses.
    @Test
    void files_makeNoCircle() {
        SlicesRuleDefinition.slices()
                .assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass type) {
                        return SliceIdentifier.of(file(type));
                    }

                    @Override
                    public String getDescription() {
                        return "files";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(MARTLET);
    }

    private static String file(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::file).orElse(type.getName());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "api", "http", "json", "local", "ops", "store", "trace"})
    void files_haveAtMost250Lines(String room) throws IOException {
        var tooLong = new ArrayList<String>();
        try (var files = Files.list(Path.of("src/main/java/dev/martlet", room))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                int lines = Files.readAllLines(file).size();
                if (lines > 250) {
                    tooLong.add(file + " has " + lines);
                }
            }
        }
        assertEquals(List.of(), tooLong);
    }

    @Test
    void names_areThoseOfOneClassEach() {
        var twice = MARTLET.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getSimpleName, TreeMap::new, Collectors.counting()));
        twice.values().removeIf(count -> count == 1);

        assertEquals(Map.of(), twice);
    }

    @Test
    void json_knowsNoHttpAndNoDatabase() {
        noClasses()
                .that()
                .resideInAPackage("dev.martlet.json")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.helidon..", "com.mongodb..", "java.net..")
                .check(MARTLET);
    }

    @Test
    void store_knowsNoHttp() {
        noClasses()
                .that()
                .resideInAPackage("dev.martlet.store")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.helidon..", "java.net.http..", "tools.jackson..")
                .check(MARTLET);
    }

    @Test
    void interfaces_haveMoreThanOneImplementation_orAreLambdas() {
        classes()
                .that()
                .areInterfaces()
                .and()
                .areNotAnnotations()
                .and()
                .doNotHaveSimpleName("package-info")
                .should(new ArchCondition<>("be worth an interface") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        long methods = type.getMethods().stream()
                                .filter(method -> method.getModifiers()
                                        .contains(com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT))
                                .count();
                        if (type.getAllSubclasses().size() < 2 && methods != 1) {
                            events.add(SimpleConditionEvent.violated(
                                    type, type.getName() + " has one implementation: use the class itself"));
                        }
                    }
                })
                .check(MARTLET);
    }

    /// The list of failures reads as a specification: a subject, a condition, perhaps a consequence.
    @Test
    void testNames_areSubjectAndCondition() {
        methods()
                .that()
                .areMetaAnnotatedWith(Testable.class)
                .should()
                .haveNameMatching("[a-z][a-zA-Z0-9]*(_[a-z][a-zA-Z0-9]*){1,2}")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.OnlyIncludeTests())
                        .importPackages("dev.martlet"));
    }
}
