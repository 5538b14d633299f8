//! Messages and hints for certificates that cannot be sent.

use super::{CommandError, Exit};
use crate::client::OrgNumber;
use crate::config::{CERTIFICATE, Given, KEY, KID};
use crate::keystore::CertificateError;

/// The message for an error in certificates. `name` is the name of their file in messages.
/// `beside_the_key` is whether the certificates are in the key file.
pub(crate) fn explained(name: &str, error: &CertificateError, beside_the_key: bool) -> CommandError {
    let hints = hints(error, beside_the_key);
    CommandError { hints, ..CommandError::new(Exit::Configuration, format!("{name} {error}")) }
}

/// The hint for a file with too many certificates.
pub(crate) const ONLY_THE_CHAIN: &str =
    "keep only the business certificate and its issuers, not a bundle of many roots";

/// The message for a certificate of another organisation than the vendor.
pub(crate) fn other_organisation(name: &str, organisation: &str, vendor: &Given<OrgNumber>) -> CommandError {
    let Given { value, source } = vendor;
    let sentence = format!("{name} contains a certificate of {organisation}, but the vendor is {value} ({source})");
    let hint = format!(
        "Maskinporten would refuse the grant with MP-122, unless the client belongs to {organisation}: set the vendor's \
         certificate, or correct `org` under [vendor]"
    );
    CommandError::new(Exit::Configuration, sentence).hint(hint)
}

fn hints(error: &CertificateError, beside_the_key: bool) -> Vec<String> {
    const ISSUERS: &str = "download the issuers' certificates from the issuer's website, and set --certificate to a file \
                           with them, or add them to the certificate's file";
    const CLOCK: &str = "is this machine's clock right?";
    // The certificates may be in the key file by chance.
    let registered = || {
        let (kid, file) = (KID.option, CERTIFICATE.option);
        format!("is the key itself registered? set its key id with {kid}; to use another certificate, set {file}")
    };
    let hint = match error {
        CertificateError::Pkcs12 => format!(
            "it usually contains the private key, too: set it as the key, with {} or {}, and do not set a certificate",
            KEY.key, KEY.option
        ),
        CertificateError::Pkcs7 => {
            "to convert it, run `openssl pkcs7 -print_certs -in FILE -out certificate.pem`, with `-inform DER` if it \
             is \
             binary"
                .to_owned()
        }
        CertificateError::PrivateKey => {
            let (key, certificate) = (KEY.option, CERTIFICATE.option);
            format!(
                "is this the key file? set it with {key}, and set {certificate} to the certificate that its issuer delivered"
            )
        }
        CertificateError::Request => "set the file that the issuer returned for this request".to_owned(),
        CertificateError::Utf16 => "save the file as ASCII or UTF-8".to_owned(),
        CertificateError::Base64 => "put `-----BEGIN CERTIFICATE-----` on a line before it, and \
                                     `-----END CERTIFICATE-----` on a line after it"
            .to_owned(),
        CertificateError::Empty | CertificateError::Missing => {
            "the first line of a certificate in PEM is `-----BEGIN CERTIFICATE-----`".to_owned()
        }
        CertificateError::CutOff | CertificateError::Damaged { .. } | CertificateError::TrailingBytes { .. } => {
            "was the file copied only in part, or edited? copy it again".to_owned()
        }
        CertificateError::TooMany { .. } => ONLY_THE_CHAIN.to_owned(),
        CertificateError::OtherKey { .. } => {
            "was the certificate renewed with a new key? use the private key that belongs to the certificate".to_owned()
        }
        CertificateError::NotRsa { .. } => {
            "order a certificate with an RSA key: Maskinporten accepts no other".to_owned()
        }
        CertificateError::SelfSigned { .. } if beside_the_key => return vec![registered()],
        CertificateError::SelfSigned { .. } => {
            "is the key itself registered in Maskinporten? if so, do not set a certificate; otherwise, order a \
             business \
             certificate (virksomhetssertifikat)"
                .to_owned()
        }
        CertificateError::Authority { .. } => "set the certificate that the CA issued to your organisation".to_owned(),
        CertificateError::Expired { .. } => "order a new certificate from its issuer".to_owned(),
        CertificateError::NotYetValid { .. } | CertificateError::IssuerNotYetValid { .. } => CLOCK.to_owned(),
        CertificateError::NoOrganisation { .. } => {
            "is it a personal or a server certificate? order a business certificate (virksomhetssertifikat)".to_owned()
        }
        CertificateError::MissingIssuer { .. } | CertificateError::Circle { .. } => ISSUERS.to_owned(),
        CertificateError::IssuerExpired { .. }
        | CertificateError::NotAnAuthority { .. }
        | CertificateError::WrongSignature { .. } => {
            "replace the issuer's certificate: download the current certificate from the issuer's website".to_owned()
        }
    };
    [hint].into_iter().chain(beside_the_key.then(registered)).collect()
}
