//! Issues business certificates: from the sandbox's authority and from other authorities.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, date_time_ymd,
};

use crate::program::project_text;

/// The attributes that contain an organisation number: `organizationIdentifier` with the value `NTRNO-123456789`, and
/// in older certificates `serialNumber` with nine digits.
pub const ORGANIZATION_IDENTIFIER: &[u64] = &[2, 5, 4, 97];
pub const SERIAL_NUMBER: &[u64] = &[2, 5, 4, 5];

/// A certificate authority.
pub struct Authority {
    /// Its own certificate, in DER.
    pub der: Vec<u8>,
    pub issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The issuing CA of the sandbox.
    pub fn sandbox() -> Self {
        let [der, key] = ["issuing.pem", "issuing-key.pem"]
            .map(|file| pem::parse(project_text(&format!("src/sandbox/fixtures/authority/{file}"))).unwrap());
        let mut params = params(&[]);
        let name = "systemuser-demo sandbox issuing CA (public, worth nothing)";
        params.distinguished_name =
            subject(&[(DnType::OrganizationName, "systemuser-demo"), (DnType::CommonName, name)]);
        let key = KeyPair::try_from(key.contents()).unwrap();
        Self { der: der.into_contents(), issuer: Issuer::new(params, key) }
    }

    /// A root with a new EC key.
    pub fn root(name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { der, issuer: Issuer::new(params, key) }
    }

    /// An authority with a new EC key and a certificate from this authority.
    pub fn authority(&self, name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        Self { der: self.issue(&key, &params), issuer: Issuer::new(params, key) }
    }

    /// A certificate of this key, in DER.
    pub fn issue(&self, key: &impl PublicKeyData, params: &CertificateParams) -> Vec<u8> {
        params.signed_by(key, &self.issuer).unwrap().der().to_vec()
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = params(&[(DnType::CommonName, name)]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// Parameters of a business certificate with this organisation number.
pub fn business(org: &str) -> CertificateParams {
    let identifier = DnType::from_oid(ORGANIZATION_IDENTIFIER);
    params(&[(identifier, &format!("NTRNO-{org}")), (DnType::CommonName, "a certificate of the tests")])
}

/// Parameters of a certificate that is valid from 2020 to 2099 and has these attributes in its subject, after the
/// country.
pub fn params(attributes: &[(DnType, &str)]) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name = subject(attributes);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    params
}

fn subject(attributes: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, DnValue::PrintableString("NO".try_into().unwrap()));
    attributes.iter().for_each(|(kind, value)| name.push(kind.clone(), *value));
    name
}

/// The private key in a file of the project, in PEM.
pub fn key(path: &str) -> KeyPair {
    KeyPair::from_pem(&project_text(path)).unwrap()
}
