// Writes PKCS#12 files that keytool cannot write: `java -Dkeystore.pkcs12.legacy=true Keystores.java` (Java 17).
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;

class Keystores {
    public static void main(String[] arguments) throws Exception {
        KeyStore source = KeyStore.getInstance("PKCS12");
        source.load(new FileInputStream("keytool.p12"), "test12".toCharArray());
        Key key = source.getKey("one", "test12".toCharArray());
        Certificate[] chain = source.getCertificateChain("one");
        write("other-passphrase.p12", key, chain, "other", "test");
        // Java writes a passphrase that is a single zero without a terminator, so it has no bytes.
        write("empty-no-terminator.p12", key, chain, "\0", "\0");
    }

    static void write(String file, Key key, Certificate[] chain, String ofKey, String ofFile) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("one", key, ofKey.toCharArray(), chain);
        store.store(new FileOutputStream(file), ofFile.toCharArray());
    }
}
