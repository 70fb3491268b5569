"""Makers of instruments, plugins and studio gear, by the names that headlines use.

A headline such as "Behringer BM-17 Now Available" can only be split where the maker is known; a maker that is missing
here is still found where the item says who releases what.
"""

_NAMES = """
    1010music | 4ms | Ableton | Access | Acon Digital | Acustica Audio | Adam Audio | ADDAC System | Aim Audio |
    AIR Music Technology | Akai | Akai Pro | Akai Professional | Alesis | Algoriddim | Allen & Heath | ALM Busy
    Circuits | ALM/Busy Circuits | AlphaTheta | Antares | Antelope Audio | API | Apogee | Apple | ARP | Arturia |
    Ashun Sound Machines | Aston | Audeze | Audient | Audified | Audio Damage | Audio Modeling | Audio-Technica |
    Audiomodern | AudioThing | Audiothing | Auratone | Austrian Audio | Avid | Baby Audio | BABY Audio | Barefoot
    Sound | Bastl Instruments | Befaco | Behringer | Benidub | beyerdynamic | Bitwig | Black Lion Audio | BLEASS |
    Blue Cat Audio | BOOM Library | Boss | BOSS | Brainworx | Buchla | Cableguys | Cakewalk | Casio | Celemony |
    Chandler Limited | Chase Bliss | Cherry Audio | Cinesamples | Conductive Labs | Cre8audio | Crow Hill |
    Cymatics | D16 Group | Dangerous Music | Dave Smith Instruments | Dawesome | DBX | Denon DJ | Devious Machines
    | Dialtone | DiGiCo | discoDSP | DiscoDSP | Doepfer | DPA Microphones | Dreadbox | Dreamtonics | Dynaudio |
    E-mu | Earthquaker Devices | EarthQuaker Devices | EastWest | Electro-Harmonix | Elektron | Elta Music |
    Empirical Labs | Endorphin.es | Erica Synths | Eventide | Expressive E | FabFilter | FAC | Fairfield Circuitry
    | Fender | Fiedler Audio | Finegear | Flock Audio | Focal | Focusrite | Fors | Freqport | Future Audio
    Workshop | Gamechanger Audio | Genelec | GForce Software | Gibson | Glitchmachines | Goodhertz | GPU Audio |
    Groove Synthesis | Hainbach | Harrison Audio | Heavyocity | HEDD Audio | Hercules | Hologram Electronics |
    Hotone | Iconic Instruments | iConnectivity | IK Multimedia | Image-Line | Imaginando | Impact Soundworks |
    Inear Display | Initial Audio | Instruo | Intellijel | iZotope | JBL | Jomox | Joranalogue | Kali Audio |
    Kawai | Keith McMillen Instruments | Kemper | Kilohearts | Klang.io | Klevgrand | Knobula | Koma Elektronik |
    KORG | Korg | KRK | Ksoloti | Leapwing Audio | Lewitt | LEWITT | Lexicon | Line 6 | Little Labs | Loopcloud |
    M-Audio | Mackie | Madrona Labs | Make Noise | Manley | Marshall | Martinic | Melbourne Instruments |
    MeldaProduction | Meris | Mesa Boogie | Metric Halo | Minimal Audio | Mixed In Key | MixWave | Modal
    Electronics | Modartt | Mooer | Moog | Moog Music | Mordax | MOTU | Moukey | Music Thing Modular | Mutable
    Instruments | Native Instruments | Neumann | Neural DSP | Neuzeit Instruments | New Sonic Arts | Newfangled
    Audio | Noise Engineering | Nord | Novation | Nugen Audio | NUGEN Audio | Numark | NUX | Oberheim | Oeksound |
    oeksound | Ohm Force | Old Blood Noise | Orchestral Tools | Output | Overloud | pandaMidi | Pioneer DJ |
    Pittsburgh Modular | Plogue | Plugin Alliance | Plugin Boutique | Polyend | Positive Grid | Presonus |
    PreSonus | ProjectSAM | Propellerhead | PSP Audioware | PSPaudioware | Pulsar Audio | Pulsar Modular | Qu-Bit
    Electronix | Radial Engineering | Rane | Reason Studios | Rebel Technology | reFX | Relab Development | Reloop
    | Rhodes | Rob Papen | RODE | Rode | Roland | Royer Labs | Rupert Neve Designs | RØDE | Safari Pedals | Sample
    Logic | Samson | Schlappi Engineering | SE Electronics | sE Electronics | Sennheiser | Sequential | Serato |
    Shure | Sinevibes | Slate Digital | Softube | Solid State Logic | SOMA Laboratories | Soma Laboratory | SOMA
    Laboratory | Sonarworks | sonible | Sonible | Sonic Academy | Sonic Charge | Sonicware | SONICWARE | Sony |
    Sound Magic | Sound Particles | Soundcraft | Soundiron | Soundtheory | Soundtoys | Source Audio |
    Spectrasonics | Spitfire Audio | SPL | Squarp Instruments | SSL | Steinberg | Strymon | Studio Electronics |
    Studiologic | Sugar Bytes | Supercritical | Synapse Audio | Synchro Arts | Synth-Werk | Synthstrom Audible |
    TAL Software | Tascam | TASCAM | TC Electronic | TC Helicon | Teenage Engineering | Telefunken | The Crow Hill
    Company | Thermionic Culture | Tiptop Audio | TipTop Audio | Tokyo Dawn Labs | Tone2 | Toontrack | Tracktion |
    Two notes | Two Notes | U-he | u-he | UDO Audio | UJAM | Unfiltered Audio | United Plugins | Universal Audio |
    UVI | Valhalla DSP | Vengeance Sound | Vermona | Vienna Symphonic Library | Voxengo | VSL | W. A. Production |
    Waldorf | Waldorf Music | Wampler | Warm Audio | Waves | Waves Audio | Wavesfactory | Winter Modular | XAOC
    Devices | Xfer Records | XLN Audio | Yamaha | Zildjian | Zoom | Zynaptiq
"""

BRANDS: frozenset[str] = frozenset(" ".join(name.split()) for name in _NAMES.split("|"))
"""Names as headlines write them; spelling counts, because "waves" and "access" are words too."""
