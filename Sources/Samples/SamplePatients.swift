extension Samples {
  /// The patients of both clinics as a CSV file with the columns that a patient import reads. Some
  /// have no e-mail, no phone, no chart number or no date of birth, as in a real file; each has a
  /// chart number or an e-mail, so importing the file twice makes no second patient.
  package static let patientsCSV = #"""
    email,first_name,last_name,phone,external_id,date_of_birth
    amelia.hartwell@example.org,Amelia,Hartwell,555-0101,DEMO-001,1979-03-19
    jose.villanueva@example.org,José,Villanueva,555-0102,DEMO-002,1988-11-29
    siobhan.oriordan@example.org,Siobhán,O'Riordan,555-0103,DEMO-003,1944-02-07
    ,Marcus,Delacroix,555-0104,DEMO-004,2006-02-18
    priya.raghunathan@example.org,Priya,Raghunathan,555-0105,DEMO-005,1984-10-25
    tobias.lindqvist@example.org,Tobias,Lindqvist,555-0106,DEMO-006,1945-09-17
    renee.fontaine@example.org,Renée,Fontaine,,DEMO-007,1965-01-20
    dandre.whitlock@example.org,D'Andre,Whitlock,555-0108,DEMO-008,1949-08-11
    meiling.zhao@example.org,Mei-Ling,Zhao,555-0109,DEMO-009,
    ingrid.sorensen@example.org,Ingrid,Sørensen,555-0110,DEMO-010,1968-02-16
    carlos.moreno@example.org,Carlos,Ibáñez Moreno,555-0111,DEMO-011,2008-08-05
    hannah.goldfarb@example.org,Hannah,Goldfarb,555-0112,DEMO-012,1984-02-29
    ,Patrick,O'Shaughnessy,555-0113,DEMO-013,1953-04-25
    yuki.tanabe@example.org,Yuki,Tanabe,555-0114,DEMO-014,2018-11-18
    fatima.elamrani@example.org,Fatima,El-Amrani,555-0115,DEMO-015,2012-02-01
    grace.okonkwobell@example.org,Grace,Okonkwo-Bell,555-0116,DEMO-016,2011-10-27
    walter.pennington@example.org,Walter,Pennington,555-0117,,1988-01-26
    zoe.marchetti@example.org,Zoë,Marchetti,555-0118,DEMO-018,1966-01-24
    nikolai.petrenko@example.org,Nikolai,Petrenko,555-0119,DEMO-019,2009-03-10
    beatriz.prado@example.org,Beatriz,da Silva Prado,,DEMO-020,1975-08-03
    samuel.cruz@example.org,Samuel,"de la Cruz, Jr.",555-0121,DEMO-021,1956-10-03
    laila.haddad@example.org,Laila,Haddad,555-0122,DEMO-022,1953-10-20
    owen.fitzgerald@example.org,Owen,Fitzgerald,555-0123,DEMO-023,1977-10-14
    chloe.duboislambert@example.org,Chloé,Dubois-Lambert,555-0124,DEMO-024,1961-02-22
    ravi.chandrasekaran@example.org,Ravi,Chandrasekaran,555-0125,DEMO-025,2012-10-19
    ,Edith,Blackwood,,DEMO-026,2019-04-07
    mateo.quinones@example.org,Mateo,Quiñones,555-0127,DEMO-027,1985-02-19
    aoife.bhriain@example.org,Aoife,Ní Bhriain,555-0128,DEMO-028,2008-12-30
    jamal.everett@example.org,Jamal,Everett,555-0129,DEMO-029,1946-10-16
    katarzyna.wisniewska@example.org,Katarzyna,Wiśniewska,555-0130,DEMO-030,1945-11-13
    theodore.ashby@example.org,Theodore,Ashby,555-0131,DEMO-031,
    thu.nguyen@example.org,Thu Hà,Nguyễn,555-0132,DEMO-032,2006-08-07
    ,Margaret,McAllister,555-0133,DEMO-033,1978-08-27
    elif.karaca@example.org,Elif,Karaca,555-0134,DEMO-034,2012-08-20
    benjamin.clair@example.org,Benjamin,St. Clair,,DEMO-035,1984-06-02
    anais.beaumont@example.org,Anaïs,Beaumont,555-0136,DEMO-036,1969-04-03
    isaac.rosenthal@example.org,Isaac,Rosenthal,555-0137,DEMO-037,1969-02-11
    lucia.ortega@example.org,Lucía,Peña Ortega,555-0138,,2011-06-03
    charles.winslow@example.org,"Charles ""Chip""",Winslow,555-0139,DEMO-039,2005-09-11
    naomi.adeyemi@example.org,Naomi,Adeyemi,555-0140,DEMO-040,1981-08-18
    ,Jürgen,Schäfer,555-0141,DEMO-041,1974-11-08
    annegret.mullerhoffmann@example.org,Annegret,Müller-Hoffmann,555-0142,DEMO-042,1947-03-02
    bjorn.weiss@example.org,Björn,Weiß,555-0143,DEMO-043,2003-08-03
    cagla.yildirim@example.org,Çağla,Yıldırım,,DEMO-044,1959-06-25
    matthias.heide@example.org,Matthias,von der Heide,555-0145,DEMO-045,1957-09-08
    friederike.kruger@example.org,Friederike,Krüger,555-0146,DEMO-046,1991-01-21
    lukasz.dabrowski@example.org,Łukasz,Dąbrowski,555-0147,DEMO-047,1947-10-13
    sabine.gross@example.org,Sabine,Groß,555-0148,DEMO-048,
    hakan.nystrom@example.org,Håkan,Nyström,555-0149,DEMO-049,1981-12-22
    ,Lieselotte,Böttcher,555-0150,DEMO-050,1982-11-01
    dragana.dordevic@example.org,Dragana,Đorđević,555-0151,DEMO-051,2001-10-24
    konstantin.papadakis@example.org,Konstantin,Papadakis,555-0152,DEMO-052,1996-02-05
    ute.schonfeld@example.org,Ute,Schönfeld,555-0153,DEMO-053,1949-05-19
    tomas.dvorak@example.org,Tomáš,Dvořák,555-0154,DEMO-054,1998-12-23
    emre.sahin@example.org,Emre,Şahin,555-0155,,1946-02-01
    waltraud.jagerlohse@example.org,Waltraud,Jäger-Lohse,555-0156,DEMO-056,1977-11-28
    jens.petersen@example.org,Jens,Petersen,,DEMO-057,2011-12-15
    oksana.kovalchuk@example.org,Oksana,Kovalchuk,555-0158,DEMO-058,1995-05-26
    hanspeter.baumler@example.org,Hans-Peter,Bäumler,555-0159,DEMO-059,1987-12-09
    ,Mireille,D'Hondt,555-0160,DEMO-060,1982-01-12

    """#
}
