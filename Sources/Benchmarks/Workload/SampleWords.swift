/// What names and notes of sample documents are made from.
enum SampleWords {
  static let givenNames = words(
    "Abena Amara Anselm Beata Chidi Clarisse Dalia Emeka Farida Gaston Halima Imani Joachim Keza "
      + "Lwazi Mirembe Nadia Obed Patience Rashid Salome Tariq Umutoni Vestine Wanjiru Yusuf Zola")
  static let familyNames = words(
    "Adeyemi Bizimana Chanda Desta Ekwueme Farah Gasana Habimana Ismail Juma Kabera Lungu Mugabo "
      + "Ndlovu Odhiambo Phiri Rugamba Sithole Tembo Uwase Wekesa Yeboah Zulu")
  static let notes = words(
    "seen with mild cough for four days no fever pressure stable advised rest and fluids returns "
      + "in two weeks allergic to penicillin asthma inhaler checked wound clean dressing renewed "
      + "vaccination card complete weight as expected iron given malaria test negative referred "
      + "for chest film lives far from the clinic prefers mornings interpreter needed")

  private static func words(_ text: String) -> [String] {
    text.split(separator: " ").map(String.init)
  }
}
